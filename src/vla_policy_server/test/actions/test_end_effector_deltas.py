"""The oracle is MuJoCo's forward kinematics of the whole, unchanged model."""

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import mujoco
import numpy as np
from policy_changes import with_policy
import pytest
from scipy.spatial.transform import Rotation
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.end_effector import EndEffectorDelta
from vla_contract.deployment.policy_file import Component
from vla_contract.errors import PolicyError
from vla_contract.share import package_file
from vla_contract.values import Vector
from vla_policy_server.actions.action_space import make_action_space
from vla_policy_server.actions.end_effector_deltas import EndEffectorDeltas

DEPLOYMENT = load_deployment()
CELL = DEPLOYMENT.cell
DELTAS = EndEffectorDeltas(DEPLOYMENT, EndEffectorDelta())
LOWER = np.array([j.lower for j in CELL.joints])
UPPER = np.array([j.upper for j in CELL.joints])
STEP = np.array([j.velocity for j in CELL.joints])[:7] / DEPLOYMENT.policy.rate_hz
HOME = CELL.home


class Oracle:
    def __init__(self) -> None:
        model = CELL.robot.model
        path = package_file(model.package, model.mjcf)
        self.model = mujoco.MjModel.from_xml_path(str(path))
        self.data = mujoco.MjData(self.model)
        names = [CELL.joints[i].model_joint for i in CELL.arm]
        self.qpos = [self.model.joint(name).qposadr[0] for name in names]
        self.dofs = [self.model.joint(name).dofadr[0] for name in names]

    def pose(self, joints: Vector) -> tuple[Vector, Rotation]:
        self.data.qpos[self.qpos] = joints[:7]
        mujoco.mj_kinematics(self.model, self.data)
        site = self.data.site(CELL.robot.tool.site)
        return site.xpos.copy(), Rotation.from_matrix(site.xmat.reshape(3, 3).copy())

    def smallest_singular_value(self, joints: Vector) -> float:
        self.pose(joints)
        mujoco.mj_comPos(self.model, self.data)
        jacobian = np.zeros((6, self.model.nv))
        site = self.model.site(CELL.robot.tool.site).id
        mujoco.mj_jacSite(self.model, self.data, jacobian[:3], jacobian[3:], site)
        return float(np.linalg.svd(jacobian[:, self.dofs], compute_uv=False)[-1])


ORACLE = Oracle()
UNIT = st.floats(-1.0, 1.0)
POSES = arrays(float, 8, elements=st.floats(0.0, 1.0)).map(
    lambda share: LOWER + (0.1 + 0.8 * share) * (UPPER - LOWER)
)
ANY_POSES = arrays(float, 8, elements=st.floats(0.0, 1.0)).map(
    lambda share: LOWER + share * (UPPER - LOWER)
)


def errors(joints: Vector, goal: tuple[Vector, Rotation]) -> tuple[float, float]:
    position, rotation = ORACLE.pose(joints)
    degrees = np.rad2deg((goal[1] * rotation.inv()).magnitude())
    return float(np.linalg.norm(position - goal[0])), float(degrees)


@given(POSES, arrays(float, 8, elements=UNIT))
@settings(deadline=None, max_examples=100)
def test_reachable_moves_are_made_to_a_millimetre_and_half_a_degree(start, share):
    """A move is reachable when joints in half the speed limit make it; others may too."""
    end = np.clip(start + 0.5 * share * np.append(STEP, 0.0), LOWER, UPPER)
    assume(min(map(ORACLE.smallest_singular_value, (start, end))) > 0.1)
    goal = ORACLE.pose(end)
    position, rotation = ORACLE.pose(start)
    turn = (goal[1] * rotation.inv()).as_euler('xyz')
    action = np.concatenate([goal[0] - position, turn, [1.0]])
    metres, degrees = errors(DELTAS.to_joints(action[np.newaxis], start)[0], goal)
    assert metres < 1e-3
    assert degrees < 0.5


@given(ANY_POSES, arrays(float, (4, 7), elements=UNIT), st.floats(1e-3, 0.5))
@settings(deadline=None, max_examples=100)
def test_no_limit_of_position_or_velocity_is_ever_exceeded(start, moves, size):
    actions = size * moves
    positions = DELTAS.to_joints(actions, start)
    assert (positions >= LOWER - 1e-12).all()
    assert (positions <= UPPER + 1e-12).all()
    assert positions[0, :7] == pytest.approx(start[:7], abs=0)
    arms = positions[:, :7]
    assert (np.abs(np.diff(arms, axis=0)) <= STEP + 1e-12).all()


# Found by minimising the smallest singular value from random poses.
SINGULAR = [
    np.array([0.329, 0.0, 0.331, -2.582, -1.076, 3.311, -0.812, 0.0]),
    np.array([0.609, -0.608, -2.047, -2.884, 1.571, 3.308, 0.486, 0.0]),
    np.array([0.593, 0.0, 2.7, -0.42, 1.379, 0.777, 1.143, 0.0]),
]


@pytest.mark.parametrize('start', SINGULAR)
@given(arrays(float, 7, elements=UNIT))
@settings(deadline=None, max_examples=25)
def test_a_small_move_at_a_singular_pose_moves_the_joints_little(start, move):
    assert ORACLE.smallest_singular_value(start) < 0.01
    action = move * np.array([1e-3, 1e-3, 1e-3, 5e-3, 5e-3, 5e-3, 1.0])
    joints = DELTAS.to_joints(action[np.newaxis], start)[0]
    assert np.abs(joints - start)[:7].max() < 0.05


@pytest.mark.parametrize('start', SINGULAR)
@given(arrays(float, 7, elements=UNIT), arrays(float, 7, elements=UNIT))
@example(np.array([0.53125, 0.375, 0.640625, 0.5, -1.0, 0.5, 0.5]), np.ones(7))
@settings(deadline=None, max_examples=25)
def test_moves_through_a_singular_pose_that_differ_little_lead_to_joints_that_do(
    start, direction, nudge
):
    actions = np.tile(direction, (5, 1)) * np.array([0.02, 0.02, 0.02, 0.05, 0.05, 0.05, 1.0])
    near = actions + 1e-4 * nudge * np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    difference = DELTAS.to_joints(actions, start) - DELTAS.to_joints(near, start)
    assert np.abs(difference)[:, :7].max() < 0.1


def test_no_move_is_no_motion():
    positions = DELTAS.to_joints(np.zeros((5, 7)), HOME)
    assert np.abs(positions - HOME)[:, :7].max() < 1e-9


def test_moves_of_a_chunk_follow_one_another():
    actions = np.tile([0.01, 0.0, -0.005, 0.0, 0.0, 0.0, 1.0], (10, 1))
    end = DELTAS.to_joints(actions, HOME)[-1]
    start, _ = ORACLE.pose(HOME)
    assert ORACLE.pose(end)[0] - start == pytest.approx([0.1, 0.0, -0.05], abs=1e-3)


@pytest.mark.parametrize(
    ('meaning', 'expected'),
    [
        (EndEffectorDelta(metres_per_unit=0.05), [0.01, 0.0, 0.0]),
        (EndEffectorDelta(frame='tool', metres_per_unit=0.05), [0.01, 0.0, 0.0]),
    ],
)
def test_units_and_frame_are_those_of_the_policy_file(meaning, expected):
    action = np.array([[0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]])
    joints = EndEffectorDeltas(DEPLOYMENT, meaning).to_joints(action, HOME)[0]
    start, rotation = ORACLE.pose(HOME)
    wanted = rotation.apply(expected) if meaning.frame == 'tool' else np.array(expected)
    assert ORACLE.pose(joints)[0] - start == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize('rotation', ['roll_pitch_yaw', 'axis_angle'])
@pytest.mark.parametrize('frame', ['base', 'tool'])
def test_rotations_are_those_of_the_policy_file(rotation, frame):
    meaning = EndEffectorDelta(frame=frame, rotation=rotation, radians_per_unit=0.5)
    numbers = np.array([0.2, -0.1, 0.15])
    action = np.concatenate([np.zeros(3), numbers, [1.0]])
    joints = EndEffectorDeltas(DEPLOYMENT, meaning).to_joints(action[np.newaxis], HOME)[0]
    about = {
        'axis_angle': Rotation.from_rotvec(0.5 * numbers),
        'roll_pitch_yaw': Rotation.from_rotvec([0, 0, 0.075])
        * Rotation.from_rotvec([0, -0.05, 0])
        * Rotation.from_rotvec([0.1, 0, 0]),
    }[rotation]
    position, start = ORACLE.pose(HOME)
    goal = about * start if frame == 'base' else start * about
    metres, degrees = errors(joints, (position, goal))
    assert metres < 1e-4
    assert degrees < 0.01


@pytest.mark.parametrize(
    ('meaning', 'number', 'expected'),
    [
        (EndEffectorDelta(), 1.0, 0.0),
        (EndEffectorDelta(), 0.0, 0.8),
        (EndEffectorDelta(), 0.25, 0.6),
        (EndEffectorDelta(), 7.0, 0.0),
        (EndEffectorDelta(gripper_open=-1.0, gripper_closed=1.0), -1.0, 0.0),
        (EndEffectorDelta(gripper_open=-1.0, gripper_closed=1.0), 1.0, 0.8),
    ],
)
def test_the_gripper_goes_where_its_number_says(meaning, number, expected):
    action = np.array([[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, number]])
    joints = EndEffectorDeltas(DEPLOYMENT, meaning).to_joints(action, HOME)[0]
    assert joints[7] == pytest.approx(expected)


def test_every_robot_can_be_moved():
    deployment = load_deployment('vx300s_lift_cube')
    robot = deployment.cell
    moves = Component('end_effector_delta', robot.joint_names, EndEffectorDelta())
    space = make_action_space(with_policy(deployment, action=(moves,)), 'end_effector_delta')
    home = robot.home
    positions = space.to_joints(np.tile([0.005, 0, 0, 0, 0, 0, 1.0], (4, 1)), home)
    # The pose that the policy saw and the ends of four moves, the first a period later.
    assert positions.shape == (5, len(home))
    assert positions[0, list(robot.arm)] == pytest.approx(np.array(home)[list(robot.arm)])
    assert np.abs(positions - home).max() > 1e-3


@pytest.mark.parametrize('number', [1.1, 1e300])
@pytest.mark.parametrize('axis', [0, 3])
def test_a_move_of_another_unit_is_refused(number, axis):
    action = np.zeros((1, 7))
    action[0, axis] = number * (4.0 if axis else 1.0)
    with pytest.raises(PolicyError, match='in one step; allowed'):
        DELTAS.to_joints(action, HOME)
