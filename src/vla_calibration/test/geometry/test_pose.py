from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_calibration.geometry.pose import FrameError, Pose, require_frames
from vla_contract.errors import VlaError

numbers = st.lists(st.floats(-1.0, 1.0), min_size=7, max_size=7).filter(
    lambda v: np.linalg.norm(v[3:]) > 0.1
)


def make(parent: str, child: str, values) -> Pose:
    quaternion = np.array(values[3:]) / np.linalg.norm(values[3:])
    return Pose.from_xyzw(parent, child, np.array(values[:3]), quaternion)


@settings(deadline=None)
@given(numbers, numbers)
def test_there_and_back_is_the_identity(first, second):
    a_b, b_c = make('a', 'b', first), make('b', 'c', second)
    whole = a_b @ b_c
    assert (whole.parent, whole.child) == ('a', 'c')
    assert pytest.approx(np.eye(4), abs=1e-12) == (whole @ whole.inverse()).T
    assert (
        pytest.approx(whole.T, abs=1e-12)
        == Pose.from_xyzw('a', 'c', whole.position, whole.quaternion).T
    )


def test_frames_that_do_not_meet_cannot_be_chained():
    pose = make('base', 'gripper', [0, 0, 1, 0, 0, 0, 1])
    with pytest.raises(FrameError, match='gripper is not base'):
        pose @ pose


def test_an_inverse_given_for_a_pose_is_told_apart():
    pose = make('gripper', 'base', [0, 0, 1, 0, 0, 0, 1])
    with pytest.raises(
        FrameError, match=r'it is the inverse.*needed: the pose of gripper in base'
    ):
        require_frames(pose, 'base', 'gripper')
    assert require_frames(pose.inverse(), 'base', 'gripper').position[2] == -1.0


def test_what_is_no_pose_is_refused():
    with pytest.raises(VlaError, match='reflection'):
        Pose('a', 'b', np.diag([1.0, 1.0, -1.0, 1.0]))
    with pytest.raises(VlaError, match='no rotation'):
        Pose('a', 'b', np.diag([2.0, 1.0, 1.0, 1.0]))
    with pytest.raises(VlaError, match='finite'):
        Pose('a', 'b', np.full((4, 4), np.nan))
    with pytest.raises(VlaError, match='length 2'):
        Pose.from_xyzw('a', 'b', np.zeros(3), np.array([0.0, 0.0, 0.0, 2.0]))
