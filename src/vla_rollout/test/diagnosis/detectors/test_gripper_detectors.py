import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_rollout.diagnosis.detectors.gripper.fingers_stuck import FingersStuck
from vla_rollout.diagnosis.detectors.gripper.never_closes import NeverCloses
from vla_rollout.diagnosis.detectors.gripper.shut_first import ShutFirst
from vla_rollout.diagnosis.detectors.motion.no_progress import NoProgress


@pytest.fixture
def step(cell, cycle):
    """Return a maker of the k-th cycle with fingers told and measured, and the arm moved on."""

    def make(k, told, measured, moved=0.0):
        command, here = cell.home, cell.home
        command[7] = cell.joints[7].upper * told
        here[7] = cell.joints[7].upper * measured
        command[0] += moved
        here[0] += moved
        return cycle(k, command, command=command, measured=here)

    return make


def test_fingers_that_do_not_close_are_stuck_however_often_they_are_told(cell, step):
    detector = FingersStuck(cell)
    scores = [detector.see_cycle(step(k, float(k % 100 < 50), 0.0)) for k in range(300)]
    assert scores[49] == pytest.approx(0.5, abs=0.02)
    assert scores[-1] == pytest.approx(1.5, abs=0.03)
    assert detector.evidence == 'robotiq_85_left_knuckle_joint told 100% closed, measured 0%'


def test_fingers_that_do_not_open_are_stuck_too(cell, step):
    detector = FingersStuck(cell)
    scores = [detector.see_cycle(step(k, 0.0, min(1.0, 0.1 * k))) for k in range(200)]
    assert scores[-1] > 1.5


def test_fingers_that_hold_an_object_or_are_slow_are_not_stuck(cell, step):
    holds, slow = FingersStuck(cell), FingersStuck(cell)
    for k in range(400):
        told = float(k >= 20)
        assert holds.see_cycle(step(k, told, min(0.5 * told, 0.02 * max(0, k - 20)))) < 0.2
        assert slow.see_cycle(step(k, told, 0.002 * max(0, k - 40))) < 0.6


def test_a_policy_that_closes_half_never_closes_and_time_at_a_tenth_of_the_speed_is_a_tenth(
    cell, step
):
    half, slow, closes = NeverCloses(cell), NeverCloses(cell), NeverCloses(cell)
    for k in range(300):
        asked = step(k, 0.52, 0.0)
        late = step(k, 0.52, 0.0)
        object.__setattr__(late.desired, 'plan_ns', late.desired.plan_ns // 10)
        scores = half.see_cycle(asked), slow.see_cycle(late)
        closed = closes.see_cycle(step(k, float(k > 200), 0.0))
        assert closed == (pytest.approx(k / 100) if k <= 200 else 0.0)
    assert scores == (pytest.approx(2.99), pytest.approx(0.299))
    assert half.evidence == 'asked to close by 52% at most'


def test_no_progress_is_twice_what_healthy_episodes_took(step):
    detector = NoProgress()
    assert detector.threshold(2.1) == pytest.approx(4.2)
    assert detector.threshold(None) is None
    assert [detector.see_cycle(step(k, 0.0, 0.0)) for k in range(101)][-1] == pytest.approx(1.0)


def test_fingers_that_shut_before_the_arm_moves_and_open_at_the_object_are_inverted(cell, step):
    detector = ShutFirst(cell)
    asked = [1.0] * 50 + [1.0] * 50 + [0.0] * 50
    moved = [0.0] * 50 + [0.5] * 100
    told = zip(asked, moved, strict=True)
    scores = [detector.see_cycle(step(k, a, 0.0, m)) for k, (a, m) in enumerate(told)]
    assert (scores[10], scores[80], scores[-1]) == (1.0, 1.0, 2.0)
    # Nothing was learned: it takes both; where none of the healthy ones shut first, one is enough.
    assert (detector.threshold(None), detector.threshold(0.0)) == (1.5, 0.5)


def test_a_policy_that_grasps_after_it_has_moved_does_not_shut_first(cell, step):
    detector = ShutFirst(cell)
    for k in range(100):
        assert detector.see_cycle(step(k, float(k > 50), 0.0, 0.01 * k)) == 0.0


def test_without_a_gripper_all_are_unavailable(cycle):
    cell = load_cell('ur5e_2f85_table')
    assert cell.grippers
    bare = load_cell('panda_table')
    object.__setattr__(bare, 'grippers', ())
    for kind in (FingersStuck, NeverCloses, ShutFirst):
        assert kind(bare).see_cycle(cycle(0)) is None
    assert np.isfinite(NeverCloses(cell).see_cycle(cycle(0)))
