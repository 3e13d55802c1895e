"""A tool goes where the hand pushes it, and stays where it is not pushed."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.kinematics.tool_kinematics import ToolKinematics
from vla_contract.so3 import Rotation
from vla_contract.transforms import make_transform
from vla_teleop.devices.device_file import ToolSettings
from vla_teleop.devices.errors import BadReadingError
from vla_teleop.devices.reading import Deflection, HandPose, Reading
from vla_teleop.mapping.tool_motion import ToolMotion

CELL = load_cell('panda_table')
KINEMATICS = ToolKinematics(CELL)
PERIOD_S = 0.02
BENT = CELL.home


def pose(joints):
    full = np.array(CELL.home)
    full[: len(joints)] = joints
    return KINEMATICS.poses(CELL.robot.tool, full)


def motion(**changes) -> ToolMotion:
    return ToolMotion(CELL, ToolSettings(**changes), 50.0)


def push(tool: ToolMotion, reading: Reading, ticks: int, start=BENT) -> np.ndarray:
    tool.begin(reading, start)
    wish = np.array(start)
    for _ in range(ticks):
        wish = tool.wish(reading, wish, PERIOD_S)
    return wish


@pytest.mark.parametrize('axis', range(3))
def test_a_push_along_an_axis_moves_the_tool_at_its_speed(axis):
    linear = tuple(float(axis == k) for k in range(3))
    wish = push(motion(speed_m_s=0.1), Reading(0, deflection=Deflection(linear)), 50)
    moved = pose(wish)[:3, 3] - pose(BENT)[:3, 3]
    assert moved == pytest.approx(0.1 * np.array(linear), abs=2e-3)
    assert pose(wish)[:3, :3] == pytest.approx(pose(BENT)[:3, :3], abs=5e-3)


def test_a_turn_turns_the_tool_about_its_point():
    reading = Reading(0, deflection=Deflection(angular=(0.0, 0.0, 1.0)))
    wish = push(motion(turn_rad_s=0.5), reading, 50)
    turned = pose(wish)[:3, :3] @ pose(BENT)[:3, :3].T
    assert Rotation.from_matrix(turned).as_rotvec() == pytest.approx([0, 0, 0.5], abs=0.01)
    assert pose(wish)[:3, 3] == pytest.approx(pose(BENT)[:3, 3], abs=2e-3)


def test_tool_axes_follow_the_tool():
    reading = Reading(0, deflection=Deflection((0.0, 0.0, 1.0)))
    wish = push(motion(axes='tool'), reading, 25)
    moved = pose(BENT)[:3, :3].T @ (pose(wish)[:3, 3] - pose(BENT)[:3, 3])
    assert moved == pytest.approx([0.0, 0.0, 0.05], abs=2e-3)


def test_yaw_turns_the_axes_of_the_device():
    reading = Reading(0, deflection=Deflection((1.0, 0.0, 0.0)))
    wish = push(motion(yaw_deg=90.0), reading, 25)
    assert (pose(wish) - pose(BENT))[:3, 3] == pytest.approx([0.0, 0.05, 0.0], abs=2e-3)


def test_the_gripper_closes_and_opens_within_its_range():
    joint = CELL.joints[CELL.grippers[0]]
    closing = push(motion(), Reading(0, deflection=Deflection(), gripper=-1.0), 100)
    assert closing[-1] == pytest.approx(joint.closed)
    opening = push(motion(), Reading(0, deflection=Deflection(), gripper=1.0), 100, closing)
    assert opening[-1] == pytest.approx(joint.open)


def hand(position, rotvec=(0.0, 0.0, 0.0)) -> Reading:
    turn = Rotation.from_rotvec(rotvec).as_matrix()
    return Reading(0, pose=HandPose(make_transform(np.array(position), turn)))


@settings(max_examples=15, deadline=None)
@given(st.tuples(*[st.floats(-0.03, 0.03)] * 3), st.tuples(*[st.floats(-0.2, 0.2)] * 3))
def test_the_tool_follows_a_tracked_hand_from_wherever_it_began(shift, turn):
    tool, first = motion(), hand((3.0, -2.0, 1.0), (0.3, 0.1, -0.5))
    tool.begin(first, BENT)
    T = first.pose.T_device_hand
    there = Rotation.from_rotvec(turn).as_matrix() @ T[:3, :3]
    now = Reading(0, pose=HandPose(make_transform(T[:3, 3] + shift, there)))
    wish = np.array(BENT)
    for _ in range(40):
        wish = tool.wish(now, wish, PERIOD_S)
    assert (pose(wish) - pose(BENT))[:3, 3] == pytest.approx(shift, abs=2e-3)
    turned = pose(wish)[:3, :3] @ pose(BENT)[:3, :3].T
    assert Rotation.from_matrix(turned).as_rotvec() == pytest.approx(turn, abs=0.01)


def test_who_engages_again_elsewhere_moves_nothing():
    tool = motion()
    for place in ((0.0, 0.0, 0.0), (5.0, 5.0, 5.0)):
        reading = hand(place, (0.0, 0.0, place[0]))
        assert push(tool, reading, 5) == pytest.approx(BENT, abs=1e-6)


def test_a_wall_costs_no_way_back():
    """The arm is held; the wanted pose stays within 5 cm, so that the way back begins at once."""
    tool = motion(speed_m_s=0.2)
    forward = Reading(0, deflection=Deflection((1.0, 0.0, 0.0)))
    tool.begin(forward, BENT)
    for _ in range(100):
        wish = tool.wish(forward, BENT, PERIOD_S)
    assert np.linalg.norm((pose(wish) - pose(BENT))[:3, 3]) < 0.052
    back = Reading(0, deflection=Deflection((-1.0, 0.0, 0.0)))
    for _ in range(25):
        wish = tool.wish(back, BENT, PERIOD_S)
    assert (pose(wish) - pose(BENT))[0, 3] < -0.02


BAD = [
    (Reading(0, deflection=Deflection((np.nan, 0.0, 0.0))), 'linear.x: found nan'),
    (Reading(0, deflection=Deflection((0.0, 30.0, 0.0))), 'linear.y: found 30; allowed: a number'),
    (Reading(0, deflection=Deflection(), gripper=2.0), 'gripper: found 2'),
    (hand((np.nan, 0.0, 0.0)), 'pose: found'),
    (Reading(0, pose=HandPose(2.0 * np.eye(4))), 'pose: found rotation'),
    (Reading(0, pose=HandPose(np.diag([1.0, 1.0, -1.0, 1.0]))), 'pose: found rotation'),
]


@pytest.mark.parametrize(('reading', 'said'), BAD, ids=[said for _, said in BAD])
def test_a_bad_reading_is_refused(reading, said):
    tool = motion()
    with pytest.raises(BadReadingError, match=said):
        tool.begin(reading, BENT)


@pytest.mark.parametrize('name', ['ur5e_2f85_table', 'aloha_table', 'so101_table'])
def test_every_arm_can_be_pushed_upwards(name):
    cell = load_cell(name)
    tool = ToolMotion(cell, ToolSettings(), 50.0)
    start = cell.home[tool.columns]
    up = Reading(0, deflection=Deflection((0.0, 0.0, 1.0)))
    tool.begin(up, start)
    wish = start
    for _ in range(10):
        wish = tool.wish(up, wish, PERIOD_S)
    here, there = np.array(cell.home), np.array(cell.home)
    there[tool.columns] = wish
    places = ToolKinematics(cell).poses(cell.robot.tool, np.array([here, there]))
    assert (places[1] - places[0])[:3, 3] == pytest.approx([0.0, 0.0, 0.02], abs=4e-3)


def followed(tool: ToolMotion, first: Reading, second: Reading) -> np.ndarray:
    tool.begin(first, BENT)
    wish = np.array(BENT)
    for _ in range(40):
        wish = tool.wish(second, wish, PERIOD_S)
    return pose(wish)


def test_yaw_turns_the_motion_and_the_turning_of_a_hand():
    """A phone's y is forward, and so is the base's x: its turn about y is one about x."""
    there = followed(
        motion(yaw_deg=-90.0), hand((1.0, 1.0, 1.0)), hand((1.0, 1.03, 1.0), (0.0, 0.15, 0.0))
    )
    assert (there - pose(BENT))[:3, 3] == pytest.approx([0.03, 0.0, 0.0], abs=2e-3)
    turned = Rotation.from_matrix(there[:3, :3] @ pose(BENT)[:3, :3].T)
    assert turned.as_rotvec() == pytest.approx([0.15, 0.0, 0.0], abs=0.01)


def test_in_tool_axes_what_the_hand_does_in_its_own_axes_the_tool_does_in_its():
    first = hand((0.0, 0.0, 0.0), (0.0, 0.0, np.pi / 2))
    # Along and about the y of the hand, which points to -x of the device.
    turn = Rotation.from_rotvec([-0.15, 0.0, 0.0]) * Rotation.from_rotvec([0, 0, np.pi / 2])
    second = hand((-0.03, 0.0, 0.0), turn.as_rotvec())
    there = followed(motion(axes='tool'), first, second)
    moved = np.linalg.inv(pose(BENT)) @ there
    assert moved[:3, 3] == pytest.approx([0.0, 0.03, 0.0], abs=2e-3)
    assert Rotation.from_matrix(moved[:3, :3]).as_rotvec() == pytest.approx([0, 0.15, 0], abs=0.01)


def test_scale_makes_the_path_of_the_tool_shorter_than_that_of_the_hand():
    there = followed(motion(scale=0.5), hand((0.0, 0.0, 0.0)), hand((0.0, 0.0, 0.06)))
    assert (there - pose(BENT))[:3, 3] == pytest.approx([0.0, 0.0, 0.03], abs=2e-3)
