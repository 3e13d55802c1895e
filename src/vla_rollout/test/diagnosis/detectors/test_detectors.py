import numpy as np
import pytest
from vla_contract.filter_status import Reason, ReasonCode, Verdict
from vla_contract.values import ActionChunk
from vla_rollout.diagnosis.detectors.chunks.disagreement import Disagreement
from vla_rollout.diagnosis.detectors.chunks.first_chunk import FirstChunk
from vla_rollout.diagnosis.detectors.chunks.no_actions import NoActions
from vla_rollout.diagnosis.detectors.chunks.policy_stays import PolicyStays
from vla_rollout.diagnosis.detectors.gripper.empty_grasp import EmptyGrasp
from vla_rollout.diagnosis.detectors.motion.actuator_stuck import ActuatorStuck
from vla_rollout.diagnosis.detectors.motion.lag import Lag
from vla_rollout.diagnosis.detectors.motion.off_path import OffPath, thin_out
from vla_rollout.diagnosis.detectors.motion.reversals import Reversals
from vla_rollout.diagnosis.detectors.registry import make_detectors


def swing(cell, k, amplitude, hz=2.0):
    """Return home with the first joint on a sine."""
    desired = cell.home
    desired[0] += amplitude * np.sin(2 * np.pi * hz * k / 100)
    return desired


def test_holding_counts_seconds_and_a_passed_cycle_ends_it(cycle):
    detector = NoActions()
    detector.see_cycle(cycle(0))
    scores = [detector.see_cycle(cycle(k, verdict=Verdict.HOLD)) for k in range(1, 102)]
    assert scores[-1] == pytest.approx(1.0)
    assert detector.see_cycle(cycle(102)) == 0.0


def test_the_wait_for_the_first_chunk_is_another_one(cell, cycle):
    later, first = NoActions(), FirstChunk()
    for k in range(101):
        held = cycle(k, verdict=Verdict.HOLD)
        assert later.see_cycle(held) == 0.0
        waited = first.see_cycle(held)
    assert waited == pytest.approx(1.0)
    first.see_chunk(ActionChunk(0, 100_000_000, np.tile(cell.home, (4, 1))))
    assert first.see_cycle(cycle(101, verdict=Verdict.HOLD)) == 0.0


def test_a_latched_stop_is_no_lack_of_actions(cycle):
    detector = NoActions()
    assert [detector.see_cycle(cycle(k, verdict=Verdict.LATCHED)) for k in range(50)][-1] == 0.0


def test_a_hold_for_another_reason_is_no_lack_of_actions(cycle):
    detector, reason = NoActions(), Reason('arming', ReasonCode.ARMING)
    held = [cycle(k, verdict=Verdict.HOLD, reason=reason) for k in range(100)]
    assert max(map(detector.see_cycle, held)) == 0.0


def test_what_nobody_heard_of_is_no_lack_of_actions(cycle):
    """A second between two messages is a loaded machine; at rest the status comes ten times."""
    detector = NoActions()
    detector.see_cycle(cycle(0))
    assert detector.see_cycle(cycle(1, verdict=Verdict.HOLD)) == 0.0
    assert detector.see_cycle(cycle(100, verdict=Verdict.HOLD)) == 0.0
    rest = [detector.see_cycle(cycle(k, verdict=Verdict.HOLD)) for k in range(110, 171, 10)]
    assert rest[-1] == pytest.approx(0.7)


def test_a_wish_that_stays_counts_seconds_until_it_moves(cell, cycle):
    detector = PolicyStays(cell)
    assert [detector.see_cycle(cycle(k)) for k in range(201)][-1] == pytest.approx(2.0)
    assert detector.see_cycle(cycle(201, desired=cell.home + 0.1)) == 0.0


def test_a_joint_that_does_not_follow_is_stuck_and_a_late_one_is_not(cell, cycle):
    stuck, late = ActuatorStuck(cell), ActuatorStuck(cell)
    span = cell.joints[0].upper - cell.joints[0].lower
    for k in range(120):
        command = cell.home
        command[0] += 0.01 * k
        behind, held = cell.home, cell.home
        behind[0] += 0.01 * max(0, k - 15)
        held[0] += 0.01 * min(k, 10)
        worst = stuck.see_cycle(cycle(k, command=command, measured=held))
        following = late.see_cycle(cycle(k, command=command, measured=behind))
        assert following == 0.0
    # Of half a second, without the last fifth of one.
    assert worst == pytest.approx(0.01 * 30 / span)


def test_an_arm_that_starts_late_is_not_stuck_and_one_that_never_starts_is(cell, cycle):
    starts, never = ActuatorStuck(cell), ActuatorStuck(cell)
    for k in range(120):
        command = cell.home
        command[0] += 0.01 * k
        behind = cell.home
        behind[0] += 0.01 * max(0, k - 40)
        if k < 55:
            assert starts.see_cycle(cycle(k, command=command, measured=behind)) == 0.0
        score = never.see_cycle(cycle(k, command=command, measured=cell.home))
    assert score > never.floor


def test_shaking_counts_its_way_and_a_straight_motion_none(cell, cycle):
    shaking, straight = Reversals(cell), Reversals(cell)
    span = cell.joints[0].upper - cell.joints[0].lower
    for k in range(101):
        score = shaking.see_cycle(cycle(k, desired=swing(cell, k, 0.1)))
        ramp = cell.home
        ramp[0] += 0.005 * k
        assert straight.see_cycle(cycle(k, desired=ramp)) == pytest.approx(0.0, abs=1e-12)
    assert score == pytest.approx(8 * 0.1 / span, rel=0.01)  # two periods, four amplitudes each


def test_chunks_that_go_on_agree_and_chunks_that_turn_back_do_not(cell, cycle):
    detector = Disagreement(cell)
    ramp = cell.home + np.arange(16)[:, None] * 0.02
    span = cell.joints[0].upper - cell.joints[0].lower
    detector.see_chunk(ActionChunk(0, 100_000_000, ramp))
    detector.see_chunk(ActionChunk(800_000_000, 100_000_000, ramp + 8 * 0.02))
    assert detector.see_cycle(cycle(80)) == pytest.approx(0.0, abs=1e-9)
    turned = ramp + 16 * 0.02
    turned[:, 0] += 0.3
    detector.see_chunk(ActionChunk(1_600_000_000, 100_000_000, turned))
    assert detector.see_cycle(cycle(160)) == pytest.approx(0.3 / span)


def test_the_lag_of_an_arm_is_a_time_whatever_its_speed(cell, cycle):
    for speed in (0.003, 0.02):
        detector = Lag(cell)
        for k in range(200):
            command, behind = cell.home, cell.home
            command[1] += speed * k
            behind[1] += speed * max(0, k - 30)
            score = detector.see_cycle(cycle(k, command=command, measured=behind))
        assert score == pytest.approx(0.30, abs=0.02)


def test_an_arm_that_sags_or_stands_has_no_lag(cell, cycle):
    detector = Lag(cell)
    for k in range(300):
        command = cell.home
        command[1] += 0.05
        assert detector.see_cycle(cycle(k, command=command, measured=cell.home)) == 0.0


def test_distance_is_to_the_nearest_posture(cell, cycle):
    postures = np.stack([cell.home[:7], cell.home[:7] - 0.2])
    detector = OffPath(cell, postures)
    away = cell.home
    away[0] += 0.5
    span = cell.joints[0].upper - cell.joints[0].lower
    assert detector.see_cycle(cycle(0, desired=cell.home)) == 0.0
    assert detector.see_cycle(cycle(1, desired=away)) == pytest.approx(0.5 / span)
    assert OffPath(cell, np.empty((0, 7))).see_cycle(cycle(0)) is None


def test_thinned_postures_cover_all_of_them():
    rng = np.random.default_rng(0)
    postures = rng.uniform(size=(500, 2))
    kept = thin_out(postures, 40)
    reach = np.abs(postures[:, None] - kept[None]).max(axis=2).min(axis=1).max()
    assert len(kept) == 40
    assert reach < 0.15  # 40 squares of this half width cover the unit square with room


def test_every_time_the_fingers_shut_on_nothing_counts_once(cell, cycle):
    detector = EmptyGrasp(cell)

    def step(k, told, share):
        command, measured = cell.home, cell.home
        command[7] = cell.joints[7].upper * told
        measured[7] = cell.joints[7].upper * share
        return detector.see_cycle(cycle(k, command=command, measured=measured))

    held = [step(k, 1.0, 0.5) for k in range(50)]
    lost = [step(k, 1.0, 1.0) for k in range(50, 100)]
    opened = [step(k, 0.0, 0.0) for k in range(100, 120)]
    again = [step(k, 1.0, 1.0) for k in range(120, 160)]
    passing = [step(160, 0.0, 0.0), step(161, 1.0, 1.0), step(162, 0.0, 0.0)]
    assert (held[-1], lost[-1], opened[-1], again[-1], passing[-1]) == (0, 1, 1, 2, 2)


def test_causes_have_different_names_and_all_restart(cell, cycle):
    detectors = make_detectors(cell, np.empty((0, 7)))
    assert len({detector.cause.name for detector in detectors}) == len(detectors)
    for detector in detectors:
        first = [detector.see_cycle(cycle(k, desired=swing(cell, k, 0.05))) for k in range(30)]
        detector.restart()
        again = [detector.see_cycle(cycle(k, desired=swing(cell, k, 0.05))) for k in range(30)]
        assert first == again
