"""How rollouts fail: the modes, and per cause the symptom, the usual roots and the cure."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """The failure modes that are counted; an episode has one, or none when it succeeds."""

    FROZEN = 'frozen'
    OSCILLATION = 'wild oscillation'
    DRIFT = 'drift'
    COLLISION = 'collision'
    GRASP = 'grasp failure'
    TIMEOUT = 'timeout'
    STOP = 'safety stop'
    OPERATOR = 'operator stop'


@dataclass(frozen=True)
class Cause:
    """What one detector finds.

    Attributes:
        name: short identifier, as in diagnostics and thresholds.
        mode: the failure mode it belongs to.
        symptom: what a person sees.
        roots: what is usually behind it, most frequent first.
        fix: what to do.
    """

    name: str
    mode: Mode
    symptom: str
    roots: tuple[str, ...]
    fix: str


NO_ACTIONS = Cause(
    'no_actions',
    Mode.FROZEN,
    'the arm stands because no usable chunk arrives',
    ('inference slower than the chunk', 'camera or joint_states stale', 'chunks refused as jumps'),
    "look at the policy server's waiting reason and latency; raise execute_steps or the chunk",
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
    ('action scale or statistics wrong', 'latency near the chunk length', 'chunks not blended'),
    'run vla check policy; compare latency with the chunk; seam: fade or ensemble',
)
DISAGREEMENT = Cause(
    'disagreement',
    Mode.OSCILLATION,
    'each chunk wants something else than the one before',
    ('action scale or statistics wrong', 'observation far from the training data', 'stale images'),
    'run vla check policy; compare the images with those of the data set',
)
TRACKING = Cause(
    'tracking',
    Mode.DRIFT,
    'the arm lags further and further behind its commands',
    ('latency accumulates', 'controller gains', 'payload or friction'),
    'measure the delay (vla arm excite); check the controller',
)
OFF_PATH = Cause(
    'off_path',
    Mode.DRIFT,
    'the arm goes where it never goes when it succeeds',
    ('joints permuted or reversed', 'statistics of another robot', 'camera moved'),
    'check joint names and statistics (vla check policy); vla camera verify',
)
PUSHING = Cause(
    'pushing',
    Mode.COLLISION,
    'joints push against something that the model does not know',
    ('obstacle or person in the way', 'workspace limits missing', 'table height wrong'),
    'set the workspace of the cell; keep effort_spike of the filter on',
)
EMPTY_GRASP = Cause(
    'empty_grasp',
    Mode.GRASP,
    'the fingers close on nothing, or lose what they held',
    ('visual domain gap', 'camera moved', 'slippery object', 'too few positions in the data'),
    'vla camera verify; more visual randomisation; fine-tune on real images',
)
