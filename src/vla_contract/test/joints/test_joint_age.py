import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.joints.joint_age import JointAges
from vla_contract.stamps import duration
from vla_contract.values import JointSample, to_ns

CELL = load_cell('panda_table')
NOW = to_ns(1.8e9)
YEAR_S = 365.25 * 86400.0


def problem(stamp_s, arrival_s=None, now_s: float = 0.0) -> str:
    """Say what is wrong with joints measured and arrived that long after NOW, one or eight [s]."""
    stamps = NOW + np.round(np.broadcast_to(stamp_s, 8) * 1e9).astype(np.int64)
    arrivals = stamps
    if arrival_s is not None:
        arrivals = NOW + np.round(np.broadcast_to(arrival_s, 8) * 1e9).astype(np.int64)
    sample = JointSample(int(stamps[0]), np.zeros(8), np.zeros(8), None, stamps, arrivals)
    return JointAges(CELL).problem(sample, NOW + to_ns(now_s))


def test_recent_joints_have_no_problem():
    assert problem(-0.1) == ''
    assert problem(0.09, arrival_s=0.0) == ''


def test_a_silent_arm_is_stale_and_a_silent_joint_is_named():
    assert problem(-0.3, arrival_s=-0.29) == 'joint_states stale'
    old = np.zeros(8)
    old[2] = -0.3
    assert problem(old) == 'joint_states stale: panda_joint3'


def test_a_gripper_has_a_deadline_of_its_own():
    old = np.zeros(8)
    old[7] = -0.9
    assert problem(old) == ''
    old[7] = -1.1
    assert problem(old) == 'joint_states stale: robotiq_85_left_knuckle_joint'


def test_a_driver_that_stamps_ahead_and_dies_is_noticed_in_time():
    assert problem(0.09, arrival_s=0.0, now_s=0.19) == ''
    assert problem(0.09, arrival_s=0.0, now_s=0.21) == 'joint_states stale'


@pytest.mark.parametrize(
    ('stamp_s', 'said'),
    [
        (0.7, 'joint_states 0.7 s in the future'),
        (-0.35, 'joint_states stamped 0.35 s ago'),
        (-56 * YEAR_S, 'joint_states stamped 56 years ago'),
        (-NOW / 1e9, 'joint_states not stamped (stamp 0)'),
    ],
)
def test_wrong_stamps_are_said_so(stamp_s, said):
    assert problem(stamp_s, arrival_s=0.0) == said


def test_a_joint_that_is_stamped_by_another_clock_is_named():
    stamps = np.zeros(8)
    stamps[7] = -7200.0
    said = 'joint_states stamped 2 hours ago: robotiq_85_left_knuckle_joint'
    assert problem(stamps, arrival_s=0.0) == said


def test_durations_have_the_unit_that_a_person_would_use():
    spoken = [duration(s) for s in (0.123, 42.0, 600.0, 3 * 86400.0)]
    assert spoken == ['0.12 s', '42 s', '10 minutes', '3 days']
