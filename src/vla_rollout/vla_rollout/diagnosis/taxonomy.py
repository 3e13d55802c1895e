"""How rollouts fail: every cause that a detector finds, and what ends an episode."""

from dataclasses import replace

from vla_contract.filter_status import ReasonCode
from vla_rollout.diagnosis.cause import Cause, Mode

FIRST_CHUNK = Cause(
    'first_chunk',
    Mode.FROZEN,
    'the arm stands because the policy has not answered yet',
    ('the policy compiles or warms up', 'a camera or joint_states is missing', 'server far away'),
    "look at the policy server's waiting reason; let it warm up before the first episode",
)
NO_ACTIONS = Cause(
    'no_actions',
    Mode.FROZEN,
    'the arm stands because no more chunks arrive',
    ('inference slower than the chunk', 'camera or joint_states stale', 'policy server died'),
    "look at the policy server's waiting reason and latency; raise execute_steps or the chunk",
)
REFUSED = Cause(
    'refused',
    Mode.FROZEN,
    'the arm stands because the filter refuses what the policy wants',
    (
        'degrees, velocities or moves taken for positions',
        'joints in another order',
        'action not denormalised, or statistics of another robot',
    ),
    'run vla check policy; compare units, joint order and statistics of the policy file',
)
REFUSED_CLOCK = replace(
    REFUSED,
    roots=('clocks of two machines differ', 'answers that overtake each other'),
    fix='set the clocks (chrony, ptp) of policy server, cameras and robot; run vla doctor',
)
REFUSED_SHAPE = replace(
    REFUSED,
    roots=('robot or policy file of another checkpoint', 'numbers that are not finite'),
    fix='run vla check policy; compare the names and the number of joints',
)
POLICY_STAYS = Cause(
    'policy_stays',
    Mode.FROZEN,
    'chunks arrive and ask the arm to stay where it is',
    ('idle frames in the demonstrations', 'image or state not normalised', 'image ignored'),
    'run vla check policy; remove idle frames from the data',
)
ACTUATOR_STUCK = Cause(
    'actuator_stuck',
    Mode.FROZEN,
    'commands move and the arm does not',
    ('controller inactive', 'brakes or protective stop', 'command topic without a listener'),
    'check the controller, the brakes and the name of the command topic',
)
REVERSALS = Cause(
    'reversals',
    Mode.OSCILLATION,
    'joints shake to and fro',
    (
        'action scale or statistics wrong',
        'joints of state or action in another order',
        'latency near the chunk length',
        'chunks not blended',
    ),
    'run vla check policy; compare latency with the chunk; seam: fade or ensemble',
)
DISAGREEMENT = Cause(
    'disagreement',
    Mode.OSCILLATION,
    'each chunk wants something else than the one before',
    (
        'stale images',
        'observation unlike the training data: camera moved, scene changed',
        'action scale or statistics wrong',
    ),
    'check the age of the images; vla camera verify; run vla check policy; compare the images '
    'with those of the data set',
)
HUNTING = Cause(
    'hunting',
    Mode.OSCILLATION,
    'a joint shakes that nobody told to',
    ('gains of the controller too high', 'loose joint or encoder', 'two controllers at one motor'),
    'lower the gains of the controller; run vla arm check-joints',
)
LAG = Cause(
    'lag',
    Mode.DRIFT,
    'the arm comes late after its commands',
    ('controller or driver slow to answer', 'gains too soft', 'network between filter and arm'),
    'measure the delay (vla arm excite); check the rate and the gains of the controller',
)
OFF_PATH = Cause(
    'off_path',
    Mode.DRIFT,
    'the arm goes where it never goes when it succeeds',
    (
        'joints permuted or reversed',
        'statistics of another robot',
        'object missing, or outside of where it was in the data',
        'camera moved, or an encoder off',
    ),
    'look where the object is; check joint names and statistics (vla check policy); '
    'vla camera verify; vla arm check-joints',
)
OFF_START = replace(
    OFF_PATH,
    symptom='the arm begins where it never was when it succeeded',
    roots=('encoder or home position off', 'joints permuted or reversed', 'arm not sent home'),
    fix='compare the named joint with the arm itself; run vla arm check-joints; send it home',
)
PUSHING = Cause(
    'pushing',
    Mode.COLLISION,
    'joints push against something that the model does not know',
    (
        'obstacle or person in the way',
        'workspace limits missing',
        'table height wrong, or an encoder off',
        'object larger than in training',
        'friction or payload that the model lacks',
    ),
    'look what the arm touches; set the workspace of the cell; keep effort_spike of the filter on',
)
LOAD = Cause(
    'pushing',
    Mode.OVERLOAD,
    'the motors carry what the model does not know, from the start on',
    ('payload or tool that the model lacks', 'friction in a joint', 'the arm touches something'),
    'put the payload into the model (vla arm identify); look what the arm touches at rest',
)
SHUT_FIRST = Cause(
    'shut_first',
    Mode.GRASP,
    'the fingers shut before the arm goes anywhere',
    (
        'gripper inverted',
        'range of the gripper wrong in policy or robot file',
        'state or action in other units than the data',
    ),
    'compare open and closed of the robot file with the policy file; run vla check policy for '
    'units and statistics',
)
FINGERS_STUCK = Cause(
    'fingers_stuck',
    Mode.GRASP,
    'the fingers do not move when they are told to',
    (
        'gripper without power or not activated',
        'name, range or controller of its command wrong',
        'object as wide as the open fingers',
    ),
    'command the gripper by hand; check its driver, its range and its channel in the robot file',
)
NEVER_CLOSES = Cause(
    'never_closes',
    Mode.GRASP,
    'the policy does not close the fingers',
    (
        'statistics or range of the gripper wrong',
        'object missing, or seen elsewhere',
        'image unlike the training images',
    ),
    'look whether the object is there; run vla check policy; compare the gripper of the data',
)
EMPTY_GRASP = Cause(
    'empty_grasp',
    Mode.GRASP,
    'the fingers close on nothing, or lose what they held',
    (
        'camera moved, mirrored or with other colours',
        'object missing, or of another size',
        'slippery object, or fingers too weak',
        'stale images',
        'too few positions in the data',
    ),
    'run vla camera verify; compare a live image with one of the data; fine-tune on real images',
)
DARK_IMAGE = Cause(
    'dark_image',
    Mode.SIGHT,
    'a camera shows nothing',
    ('lens covered', 'lights off', 'exposure fixed too short', 'driver sends empty images'),
    'look at the image of that camera; check lens, light and exposure',
)
STILL_IMAGE = Cause(
    'still_image',
    Mode.SIGHT,
    'a camera repeats one picture while the arm moves',
    ('camera driver hangs', 'a node republishes an old image', 'stream buffered'),
    'restart the driver of that camera; look whether its image moves when the arm does',
)
TURNED_IMAGE = Cause(
    'wrong_view',
    Mode.IMAGE,
    'a camera shows the scene turned round',
    ('camera mounted the other way up', 'rotate or flip of the policy file, or of the driver'),
    'turn the image of that camera: rotate and flip in the policy file, or the camera itself',
)
WRONG_COLOURS = replace(
    TURNED_IMAGE,
    symptom='a camera shows red as blue',
    roots=('the driver sends BGR and says RGB', 'colours exchanged once too often'),
    fix='let the driver say the encoding that it sends (bgr8), or send rgb8',
)
OTHER_CAMERA = replace(
    TURNED_IMAGE,
    symptom='a camera shows what another one should',
    roots=('cameras exchanged: cables, serial numbers or topics',),
    fix='compare the image_topic of both cameras in the cell file; plug them in the other way',
)
UNLIKE_TRAINING = Cause(
    'unlike_training',
    Mode.IMAGE,
    'a camera shows what it never showed in training',
    ('camera moved or exchanged', 'other light, table or background', 'red and blue exchanged'),
    'compare a live image with one of the data; vla camera verify; fine-tune on images of this '
    'scene, or train with randomisation',
)
NO_PROGRESS = Cause(
    'no_progress',
    Mode.TIMEOUT,
    'the task takes more than twice as long as when it succeeds',
    (
        'image or scene unlike the training data',
        'object missing or out of reach',
        'gripper does not hold',
    ),
    'compare a live image with one of the data; look whether the object is where it was in them',
)
LATCHED = Cause(
    'latched',
    Mode.STOP,
    'the filter stopped the arm for good',
    ('see the reason',),
    'mend what the reason says, then call action_filter/reset',
)
LATCHED_FOR = {
    code: replace(
        LATCHED,
        symptom=f'{LATCHED.symptom}: {code.replace("_", " ")}',
        roots=roots,
        fix=f'{fix}, then call action_filter/reset',
    )
    for code, roots, fix in (
        (
            ReasonCode.TRACKING,
            ('controller inactive or late', 'arm blocked', 'protective stop of the robot'),
            'check the controller and its delay (vla arm excite), and what blocks the arm',
        ),
        (
            ReasonCode.EFFORT,
            ('collision', 'payload or friction', 'a joint that shakes', 'limit set too low'),
            'look what the arm touched; check payload and effort limits of the robot file',
        ),
        (
            ReasonCode.JOINT_STATES,
            ('driver of the arm died or is too slow', 'clock of its machine differs'),
            'restart the driver; check the rate and the stamps of joint_states',
        ),
        (ReasonCode.E_STOP, ('somebody pressed it', 'its node vanished'), 'release the stop'),
        (ReasonCode.OVERRUN, ('processor overloaded',), 'give the filter a core of its own'),
        (ReasonCode.CLOCK, ('clock set while running',), 'set the clocks before the run'),
    )
}
"""What latched causes and advice belong to the reason of the filter."""
