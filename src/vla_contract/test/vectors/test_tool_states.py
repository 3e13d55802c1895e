"""The oracle is MuJoCo's forward kinematics of the whole, unchanged model."""

import mujoco
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.policy_file import FILE_NAME, write_policy_file
from vla_contract.errors import NameMismatchError, PolicyError
from vla_contract.share import package_file
from vla_contract.vectors.vector_codec import in_si, joint_state_names, VectorCodec

CELL = load_deployment(cell='panda_table', policy='hold').cell
FINGER = 'robotiq_85_left_knuckle_joint'
JOINTS = CELL.home + np.append(
    np.random.default_rng(0).uniform(-0.5, 0.5, (20, 7)), np.linspace(0.0, 0.8, 20)[:, None], 1
)


@pytest.fixture(scope='module')
def poses():
    """Return T_base_tool at JOINTS, shape (20, 4, 4)."""
    model = CELL.robot.model
    model = mujoco.MjModel.from_xml_path(str(package_file(model.package, model.mjcf)))
    data = mujoco.MjData(model)
    names = [CELL.joints[i].model_joint for i in CELL.arm]
    found = np.tile(np.eye(4), (20, 1, 1))
    for joints, pose in zip(JOINTS, found, strict=True):
        data.qpos[[model.joint(name).qposadr[0] for name in names]] = joints[:7]
        mujoco.mj_kinematics(model, data)
        site = data.site(CELL.robot.tool.site)
        pose[:3, :3], pose[:3, 3] = site.xmat.reshape(3, 3), site.xpos
    return found


def state(written, more: str = '', rotation: str = 'quaternion_wxyz') -> str:
    return written(
        'state:\n'
        f'  - {{quantity: tool_pose, rotation: {rotation}{more}}}\n'
        f'  - {{joints: [{FINGER}], map: {{closed: 0, open: 1}}}}\n',
        'panda_table',
    )


def test_a_state_is_where_the_tool_is_and_joints(written, poses):
    codec = VectorCodec(state(written))
    assert codec.state.names[:4] == ('gripper.x', 'gripper.y', 'gripper.z', 'gripper.qw')
    assert codec.state.names[7:] == (FINGER,)
    numbers = codec.encode(JOINTS)
    quaternions = Rotation.from_matrix(poses[:, :3, :3]).as_quat(canonical=True)
    wanted = np.column_stack(
        [poses[:, :3, 3], quaternions[:, [3, 0, 1, 2]], 1 - JOINTS[:, 7] / 0.8]
    )
    assert np.abs(numbers - wanted).max() < 1e-9
    assert codec.encode(JOINTS[3]) == pytest.approx(numbers[3], abs=1e-15)


def test_unit_origin_and_point_are_those_of_the_checkpoint(written, poses):
    says = (
        ', unit: mm, rotation_scale: 0.5, '
        'origin: {position_m: [0.5, 0.1, -0.9], rpy_deg: [0, 0, 90]}, '
        'point: {position_m: [0, 0, -0.05], rpy_deg: [0, 0, -90]}'
    )
    numbers = VectorCodec(state(written, says, 'rotvec')).encode(JOINTS)
    quarter = Rotation.from_euler('z', 90, degrees=True)
    at = poses[:, :3, 3] - 0.05 * poses[:, :3, 2] - [0.5, 0.1, -0.9]
    turned = quarter.inv() * Rotation.from_matrix(poses[:, :3, :3]) * quarter.inv()
    assert numbers[:, :3] == pytest.approx(1000 * quarter.inv().apply(at), abs=1e-6)
    assert numbers[:, 3:6] == pytest.approx(turned.as_rotvec() / 0.5, abs=1e-7)


def test_joints_cannot_be_told_of_a_pose(written):
    codec = VectorCodec(state(written))
    with pytest.raises(
        PolicyError, match='state: found numbers of tool gripper .*, of which join'
    ):
        codec.decode_state(np.zeros(8))
    with pytest.raises(PolicyError, match='state: found 7 joints; allowed: 8'):
        codec.encode(np.zeros(7))


def test_a_worker_is_told_joints_instead(written):
    deployment = state(written)
    codec = VectorCodec(deployment, joint_state_names(deployment))
    assert codec.state.names == CELL.joint_names
    numbers = codec.encode(JOINTS)
    assert numbers[:, :7] == pytest.approx(JOINTS[:, :7], abs=1e-15)
    assert numbers[:, 7] == pytest.approx(1 - JOINTS[:, 7] / 0.8, abs=1e-15)
    assert codec.decode_state(numbers) == pytest.approx(JOINTS, abs=1e-12)
    assert VectorCodec(in_si(deployment)).encode(JOINTS) == pytest.approx(JOINTS, abs=0)


def test_parts_of_a_state_are_asked_for_by_name(written):
    deployment = state(written)
    part = VectorCodec(deployment, [FINGER, 'gripper.z'])
    assert np.array_equal(part.encode(JOINTS), VectorCodec(deployment).encode(JOINTS)[:, [7, 2]])
    with pytest.raises(NameMismatchError, match=r'gripper\.roll'):
        VectorCodec(deployment, ['gripper.roll'])


def test_a_joint_may_stand_again_beside_a_pose(written):
    deployment = written(
        'state:\n'
        '  - {quantity: tool_pose, rotation: rpy}\n'
        f'  - {{joints: [{FINGER}]}}\n'
        f'  - {{joints: [{FINGER}], sign: -1}}\n',
        'panda_table',
    )
    assert deployment.policy.state_names[-2:] == (FINGER, f'{FINGER}.2')
    numbers = VectorCodec(deployment).encode(JOINTS)
    assert np.array_equal(numbers[:, 6], -numbers[:, 7])
    assert np.array_equal(numbers[:, 6], JOINTS[:, 7])


def test_each_arm_of_a_pair_is_seen_from_its_own_base_or_from_the_cell(written):
    """Two arms of one kind with the same joints have one pose in their bases."""
    both = '\n'.join(
        f'  - {{quantity: tool_pose, tool: {side}_gripper, rotation: rot6d_rows, frame: {frame}}}'
        for frame in ('base', 'world')
        for side in ('left', 'right')
    )
    deployment = written(f'state:\n{both}\n', 'aloha_table')
    assert len(deployment.policy.state_names) == 36
    joints = np.tile(np.random.default_rng(0).uniform(-0.4, 0.4, (9, 7)), (1, 2))
    left, right, left_world, right_world = np.split(VectorCodec(deployment).encode(joints), 4, 1)
    assert left == pytest.approx(right, abs=1e-12)
    assert left_world[:, :3] == pytest.approx(left[:, :3] + [-0.469, 0.0, 0.0], abs=1e-12)
    # The right one stands at 0.469 m and looks back.
    assert right_world[:, :2] == pytest.approx([0.469, 0.0] - right[:, :2], abs=1e-12)
    assert right_world[:, 3:5] == pytest.approx(-right[:, 3:5], abs=1e-12)


# By robosuite 1.4.1: its Panda in MuJoCo, quat2axisangle of the quaternion of right_hand as it is
# and the position of grip_site, from the base. Its XML turns the hand by 45.03 degrees.
LIBERO = [
    ([0.0, -0.161, 0.0, -2.4446, 0.0, 2.2268, 0.7854], [3.14034, 0.00077, -0.08921],
     [0.45154, 0.0, 0.26127]),
    ([0.0045, -0.1075, 0.4955, -2.1519, 0.1222, 2.7157, 0.5007], [2.88471, 1.06312, 1.04009],
     [0.54583, 0.30333, 0.44155]),
    ([-0.3398, -0.0485, -0.4561, -2.9089, 0.0149, 2.193, 1.2026], [2.55815, -1.78337, -1.06155],
     [0.14131, -0.13438, 0.09143]),
]  # fmt: skip
# From robosuite's point between Franka's fingers to ours between the longer ones of a 2F-85.
LONGER_M = 0.0523


@pytest.mark.parametrize(('arm', 'turn', 'place'), LIBERO)
def test_a_state_of_libero_is_robosuites(written, arm, turn, place):
    codec = VectorCodec(written('preset: libero', 'panda_table'))
    for finger, wanted in ((0.0, [0.04, -0.04]), (0.8, [0.0, 0.0]), (0.4, [0.02, -0.02])):
        numbers = codec.encode(np.array([*arm, finger]))
        assert numbers[3:6] == pytest.approx(turn, abs=1e-3)
        approach = Rotation.from_rotvec(turn).as_matrix()[:, 2]
        at = np.array(place) + [-0.66, 0.0, 0.912] + LONGER_M * approach
        assert numbers[:3] == pytest.approx(at, abs=2e-4)
        assert numbers[6:] == pytest.approx(wanted, abs=1e-12)


def test_of_an_arm_with_other_axes_libero_sees_its_hand(written):
    deployment = written('state: [{preset: libero}]', 'so101_table')
    tool = deployment.cell.robot.tool
    point = deployment.policy.state[0].point
    axes = np.eye(3)
    if point is not None:
        axes = Rotation.from_euler('xyz', point.rpy_deg, degrees=True).as_matrix()
    for column, name in ((2, tool.approach), (1, tool.closing)):
        wanted = np.eye(3)['xyz'.index(name[-1])] * (-1.0 if name.startswith('-') else 1.0)
        assert axes[:, column] == pytest.approx(wanted, abs=1e-12)


def test_a_file_beside_a_checkpoint_says_the_same(written, tmp_path):
    policy = written('preset: libero', 'panda_table').policy
    write_policy_file(tmp_path, policy)
    again = load_deployment(cell='panda_table', policy=str(tmp_path / FILE_NAME)).policy
    assert (again.state, again.action) == (policy.state, policy.action)


def test_the_preset_means_what_the_page_says_written_out(written):
    """As in docs/deployments.md."""
    said = written(
        'state:\n'
        '  - {quantity: tool_pose, rotation: rotvec, near_rpy_deg: [180, 0, 0],\n'
        '     origin: {position_m: [0.66, 0.0, -0.912]}}\n'
        f'  - {{joints: [{FINGER}], map: {{closed: 0, open: 0.04}}}}\n'
        f'  - {{joints: [{FINGER}], map: {{closed: 0, open: -0.04}}}}\n'
        'action: [{preset: libero}]\n',
        'panda_table',
    )
    assert said.policy == written('preset: libero', 'panda_table').policy
