import pytest
from vla_contract.errors import ContractError

GRIPPER = '{joints: [robotiq_85_left_knuckle_joint]}'


@pytest.mark.parametrize(
    ('state', 'message'),
    [
        ('quantity: tool_pose', 'rotation: found nothing with tool_pose; allowed: rpy, rotvec'),
        ('quantity: tool_pose, rotation: euler', 'rotation: found .euler'),
        ('quantity: tool_pose, rotation: rpy, tool: hand', r'tool: found hand; allowed: gripper'),
        ('quantity: tool_pose, rotation: rpy, frame: tool', 'frame: found tool .* base, world'),
        ('quantity: tool_pose, rotation: rpy, unit: deg', 'unit: found deg .* allowed: m, mm'),
        ('quantity: tool_pose, rotation: rpy, sign: -1', 'sign: found it with tool_pose'),
        ('quantity: tool_pose, rotation: rpy, joints: [a]', 'joints: found it with tool_pose'),
        ('quantity: tool_pose, rotation: rotvec, rotation_scale: 0', 'rotation_scale: found 0'),
        (
            'quantity: tool_pose, rotation: rot6d_rows, rotation_scale: 2',
            'rotation_scale: found 2 with rot6d_rows; allowed: with rpy, rotvec',
        ),
        ('quantity: tool_delta, rotation: rpy', 'state: found tool_delta; allowed: joint_pos'),
    ],
)
def test_what_contradicts_itself_or_its_cell_is_refused(written, state, message):
    with pytest.raises(ContractError, match=message):
        written(f'state:\n  - {{{state}}}\n  - {GRIPPER}\n', 'panda_table')


@pytest.mark.parametrize(
    ('action', 'message'),
    [
        ('quantity: tool_delta, rotation: quaternion_xyzw', 'allowed: rpy, rotvec'),
        ('quantity: tool_delta, rotation: rpy, origin: {}', 'origin: found it with tool_delta'),
        (
            'quantity: tool_delta, rotation: rpy, near_rpy_deg: [0, 0, 0]',
            'near_rpy_deg: found it with tool_delta',
        ),
    ],
)
def test_moves_have_no_place(written, action, message):
    with pytest.raises(ContractError, match=message):
        written(f'action:\n  - {{{action}}}\n  - {GRIPPER}\n', 'panda_table')


def test_an_action_moves_every_joint_once(written):
    pose = '{quantity: tool_pose, rotation: rpy}'
    with pytest.raises(ContractError, match='joints of action: missing robotiq'):
        written(f'action: [{pose}]', 'panda_table')
    with pytest.raises(ContractError, match='unknown panda_joint1'):
        written(f'action: [{pose}, {GRIPPER}, {{joints: [panda_joint1]}}]', 'panda_table')
    with pytest.raises(ContractError, match='found two tools that move panda_joint1'):
        written(f'action: [{pose}, {pose}, {GRIPPER}]', 'panda_table')


def test_joints_have_no_frame(written):
    with pytest.raises(ContractError, match='frame: found it with quantity joint_position'):
        written('state: [{frame: world}]', 'panda_table')


def test_of_several_tools_one_is_named(written):
    says = 'state: [{quantity: tool_pose, rotation: rpy}]'
    with pytest.raises(ContractError, match='tool: found nothing; allowed: left_gripper, right_g'):
        written(says, 'openarm_table')


def test_the_only_tool_and_the_base_need_not_be_named(written):
    short, long = (
        written(f'state: [{{quantity: tool_pose, rotation: rpy{more}}}]', 'panda_table').policy
        for more in ('', ', tool: gripper, frame: base')
    )
    assert short.sha256 == long.sha256


def test_joints_of_a_state_with_a_tool_are_those_of_the_cell(written):
    pose = '{quantity: tool_pose, rotation: rpy}'
    with pytest.raises(ContractError, match="joint 'elbow' is not in cell panda_table"):
        written(f'state: [{pose}, {{joints: [elbow]}}]', 'panda_table')
