import numpy as np
import pytest
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.kinematics.tool_kinematics import ToolKinematics
from vla_contract.vectors.vector_codec import VectorCodec

STEPS = 12


def action(written, cell: str, quantity: str, rotation: str, more: str = '') -> Deployment:
    """Return a deployment whose action is each tool of a cell, and then all grippers."""
    robot = written(cell=cell).cell.robot
    grippers = [robot.joint_names[i] for i in robot.indices('gripper')]
    tools = (
        f'  - {{quantity: {quantity}, rotation: {rotation}, tool: {tool.name}{more}}}\n'
        for tool in robot.tools
    )
    return written(f'action:\n{"".join(tools)}  - {{joints: {grippers}}}\n', cell)


def path_of(deployment: Deployment) -> np.ndarray:
    """Return a slow motion of every joint from home, shape (STEPS, D)."""
    cell = deployment.cell
    ways = np.random.default_rng(0).uniform(-0.25, 0.25, len(cell.joints))
    ways[list(cell.grippers)] = [
        0.5 * (cell.joints[i].closed - cell.home[i]) for i in cell.grippers
    ]
    return cell.home + np.linspace(0.0, 1.0, STEPS)[:, None] ** 2 * ways


def misses(deployment: Deployment, found: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """Return how far tools are apart, and grippers [m, rad or m]."""
    kinematics, cell = ToolKinematics(deployment.cell), deployment.cell
    apart = [kinematics.poses(t, found) - kinematics.poses(t, wanted) for t in cell.robot.tools]
    grippers = list(cell.grippers)
    return float(np.abs(apart).max()), float(np.abs(found - wanted)[:, grippers].max())


@pytest.mark.parametrize(
    ('cell', 'rotation'),
    [
        ('panda_table', 'rpy'),
        ('panda_table', 'rotvec'),
        ('panda_table', 'quaternion_wxyz'),
        ('openarm_table', 'rot6d_columns'),
        ('aloha_table', 'rot6d_rows'),
    ],
)
def test_arms_follow_poses_that_the_first_is_due_at_once(written, cell, rotation):
    deployment = action(written, cell, 'tool_pose', rotation)
    codec, home, path = VectorCodec(deployment), deployment.cell.home, path_of(deployment)
    actions = codec.encode_actions(path, home)
    found = codec.decode(actions, home)
    assert not codec.has_moves
    assert found.shape == path.shape
    tools, grippers = misses(deployment, found, path)
    assert tools < 1e-5
    assert grippers < 1e-12


@pytest.mark.parametrize('cell', ['panda_table', 'aloha_table'])
@pytest.mark.parametrize(
    'more', ['', ', frame: tool', ', unit: mm, scale: 50, rotation_scale: 0.5']
)
def test_arms_follow_moves_from_where_they_were_seen(written, cell, more):
    deployment = action(written, cell, 'tool_delta', 'rotvec', more)
    codec, home, path = VectorCodec(deployment), deployment.cell.home, path_of(deployment)
    actions = codec.encode_actions(np.concatenate([home[None], path]), home)
    found = codec.decode(actions, home)
    assert codec.has_moves
    assert found.shape == (STEPS + 1, len(home))
    arm = list(deployment.cell.arm)
    assert np.array_equal(found[0, arm], home[arm])
    tools, grippers = misses(deployment, found[1:], path)
    assert tools < 1e-4
    assert grippers < 1e-12
    assert codec.decode(actions[:1], home).shape == (1, len(home))


def test_a_move_is_metres_along_the_base_and_radians_about_the_tool(written):
    deployment = action(written, 'panda_table', 'tool_delta', 'rotvec')
    home = deployment.cell.home
    moved = VectorCodec(deployment).decode(np.array([[0.01, 0, -0.02, 0, 0, 0.05, 0.3]]), home)
    kinematics, tool = ToolKinematics(deployment.cell), deployment.cell.robot.tool
    before, after = kinematics.poses(tool, np.stack([home, moved[0]]))
    assert after[:3, 3] - before[:3, 3] == pytest.approx([0.01, 0.0, -0.02], abs=1e-4)
    turn = after[:3, :3] @ before[:3, :3].T
    assert turn[1, 0] == pytest.approx(np.sin(0.05), abs=1e-3)
    assert moved[0, 7] == pytest.approx(0.3)


@pytest.mark.parametrize('quantity', ['tool_pose', 'tool_delta'])
def test_steps_of_a_dataset_begin_each_where_it_was_measured(written, quantity):
    deployment = action(written, 'panda_table', quantity, 'rotvec')
    codec, path = VectorCodec(deployment), path_of(deployment)
    assert codec.needs_state
    seen = np.roll(path, 1, axis=0)
    seen[0] = path[0]
    numbers = codec.encode_steps(path, seen)
    found = codec.decode_steps(numbers, seen)
    assert misses(deployment, found, path)[0] < 1e-4
    assert codec.encode_steps(found, seen) == pytest.approx(numbers, abs=1e-3)


def test_one_arm_of_a_pair_may_be_led_by_joints(written):
    right_arm = [f'openarm_right_joint{i}' for i in range(1, 8)]
    deployment = written(
        'action:\n'
        '  - {quantity: tool_pose, tool: left_gripper, rotation: rpy}\n'
        f'  - {{joints: {right_arm}, quantity: joint_delta}}\n'
        '  - {joints: [openarm_left_finger_joint1, openarm_right_finger_joint1]}\n',
        'openarm_table',
    )
    codec, home, path = VectorCodec(deployment), deployment.cell.home, path_of(deployment)
    whole = np.concatenate([path[:1], path])
    found = codec.decode(codec.encode_actions(whole, home), home)
    assert found.shape == (STEPS + 1, 16)
    right = [i for i, name in enumerate(deployment.cell.joint_names) if 'right' in name]
    assert found[1:, right] == pytest.approx(path[:, right], abs=1e-12)
    assert misses(deployment, found[1:], path)[0] < 1e-5


def test_the_other_arm_keeps_still(written):
    deployment = action(written, 'openarm_table', 'tool_delta', 'rotvec')
    home = deployment.cell.home
    numbers = np.zeros((4, 14))
    numbers[:, 0] = 0.01
    numbers[:, 12:] = home[list(deployment.cell.grippers)]
    found = VectorCodec(deployment).decode(numbers, home)
    right = [i for i, name in enumerate(deployment.cell.joint_names) if 'right' in name]
    assert np.abs(found[:, right] - home[right]).max() < 1e-9
    assert np.abs(found - home).max() > 0.01


def test_numbers_that_are_not_finite_reach_who_looks_at_them(written):
    deployment = action(written, 'panda_table', 'tool_pose', 'rotvec')
    codec, home, path = VectorCodec(deployment), deployment.cell.home, path_of(deployment)
    actions = codec.encode_actions(path, home)
    actions[5, 1] = np.nan
    with pytest.raises(PolicyError, match=r'action: found nan for gripper\.y'):
        codec.decode(actions, home)
    found = codec.decode(actions, home, is_checked=False)
    assert np.isfinite(found[:5]).all()
    assert np.isnan(found[5:, :7]).all()


@pytest.mark.parametrize(
    'change', [[0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, -3.1, 0.0, 0.0, 0.0]]
)
def test_a_pose_of_another_frame_is_a_jump_for_the_filter(written, change):
    deployment = action(written, 'panda_table', 'tool_pose', 'rotvec')
    codec, home = VectorCodec(deployment), deployment.cell.home
    actions = codec.encode_actions(home[None], home) + change
    jumps = np.abs(codec.decode(actions, home)[0] - home)
    # As vla_action_filter refuses them: longer than half a second at full speed.
    assert (jumps > [0.5 * joint.velocity for joint in deployment.cell.joints]).any()


def test_a_pose_of_another_unit_is_refused(written):
    deployment = action(written, 'panda_table', 'tool_pose', 'rotvec')
    codec, home = VectorCodec(deployment), deployment.cell.home
    actions = codec.encode_actions(home[None], home) * 1000.0
    with pytest.raises(
        PolicyError, match=r'wants tool gripper \d+ m from where it is; allowed: 1'
    ):
        codec.decode(actions, home)


def test_a_move_of_another_unit_is_refused(written):
    deployment = action(written, 'panda_table', 'tool_delta', 'rpy')
    numbers = np.array([[5.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    with pytest.raises(PolicyError, match='moves the tool by 5 m in one step; allowed: 1 m'):
        VectorCodec(deployment).decode(numbers, deployment.cell.home)


def test_another_width_is_refused(written):
    deployment = action(written, 'panda_table', 'tool_pose', 'rot6d_rows')
    with pytest.raises(PolicyError, match='action: found 8 numbers; allowed: 10'):
        VectorCodec(deployment).decode(np.zeros((2, 8)), deployment.cell.home)
