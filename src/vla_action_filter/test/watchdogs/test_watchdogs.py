from dataclasses import replace

import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_action_filter.watchdogs.watchdogs import Debounce, Watchdogs
from vla_contract.values import JointSample, to_ns

PERIOD_NS = to_ns(0.01)


class Watch:
    """Watchdogs with a clock, a command and a robot that follows it."""

    def __init__(self, cell, **settings) -> None:
        self.dogs = Watchdogs(cell, FilterConfig(**settings))
        self.now_ns = to_ns(10.0)
        self.command = cell.home.copy()
        self.effort: np.ndarray | None = None

    def cycle(self, measured=None, is_measured: bool = True, gap_ns: int = PERIOD_NS) -> str:
        self.now_ns += gap_ns
        if is_measured:
            position = self.command if measured is None else measured
            self.dogs.offer_joints(JointSample(self.now_ns, position, np.zeros(8), self.effort))
        fault = self.dogs.check(self.now_ns)
        self.dogs.record(self.command)
        return fault


@pytest.fixture
def watch(cell) -> Watch:
    return Watch(cell)


def test_a_debounce_needs_its_count_in_a_row():
    debounce = Debounce(trigger=3, release=2)
    assert [debounce.update(bad) for bad in (1, 1, 0, 1, 1, 1, 1)] == [False] * 5 + [True] * 2
    assert [debounce.update(bad) for bad in (0, 1, 0, 0, 0)] == [True] * 3 + [False] * 2


def test_a_robot_that_follows_gives_no_reason(watch):
    for _ in range(100):
        watch.command[0] += 0.01
        assert watch.cycle() == ''


def test_stale_joint_states_are_named_after_the_trigger_count(watch):
    watch.cycle()
    faults = [watch.cycle(is_measured=False) for _ in range(40)]
    assert faults[21] == ''
    assert faults[22] == 'joint_states stale'


def test_joint_states_from_the_future_are_named(cell, watch):
    late = JointSample(watch.now_ns + to_ns(60.0), cell.home, np.zeros(8))
    watch.dogs.offer_joints(late)
    faults = [watch.cycle(is_measured=False) for _ in range(3)]
    assert faults[2] == 'joint_states 60 s in the future'


def test_a_driver_that_stamps_ahead_and_dies_is_stale_in_time(cell, watch):
    stamp_ns = watch.now_ns + to_ns(0.09)
    arrivals = np.full(8, watch.now_ns)
    watch.dogs.offer_joints(
        JointSample(stamp_ns, cell.home, np.zeros(8), None, np.full(8, stamp_ns), arrivals)
    )
    faults = [watch.cycle(is_measured=False) for _ in range(24)]
    assert faults.index('joint_states stale') == 22


def test_one_joint_that_grows_old_is_named(cell, watch):
    watch.cycle()
    for k in range(40):
        stamps = np.full(8, watch.now_ns)
        stamps[2] -= k * PERIOD_NS
        now = watch.now_ns
        watch.dogs.offer_joints(JointSample(now, cell.home, np.zeros(8), None, stamps, stamps))
        fault = watch.cycle(is_measured=False)
    assert fault == 'joint_states stale: panda_joint3'


def test_a_clock_that_goes_backwards_needs_no_second_look(watch):
    watch.cycle()
    assert watch.cycle(gap_ns=-1) == 'clock went backwards'


def test_lag_within_the_latency_is_no_tracking_error(cell):
    watch = Watch(cell, tracking_latency_s=0.1, tracking_error=0.02)
    behind = [cell.home] * 10
    watch.cycle()
    for _ in range(100):
        watch.command = watch.command + 0.02
        behind.append(watch.command)
        assert watch.cycle(measured=behind.pop(0)) == ''


def test_a_joint_that_does_not_follow_is_named(cell):
    watch = Watch(cell, tracking_latency_s=0.1, tracking_error=0.02)
    stuck = cell.home.copy()
    faults = []
    for _ in range(40):
        watch.command[3] += 0.01
        faults.append(watch.cycle(measured=stuck))
    assert faults[-1].startswith('tracking error panda_joint4')
    assert faults[5] == ''


def test_a_gripper_that_is_blocked_is_no_tracking_error(watch, cell):
    for _ in range(60):
        watch.command[7] = 0.8
        assert watch.cycle(measured=cell.home) == ''


def test_effort_that_is_absent_is_unavailable_never_good(watch):
    watch.cycle()
    assert not watch.dogs.effort.is_available


def test_an_effort_spike_is_named_and_a_slow_change_is_not(cell):
    watch = Watch(cell, effort_spike=0.3)
    watch.effort = np.zeros(8)
    for _ in range(500):
        watch.effort = watch.effort + 0.1 * np.array([1, 0, 0, 0, 0, 0, 0, 0])
        assert watch.cycle() == ''
    assert watch.dogs.effort.is_available
    watch.effort = watch.effort + np.array([0, 40.0, 0, 0, 0, 0, 0, 0])
    faults = [watch.cycle() for _ in range(3)]
    assert faults == ['', '', 'effort spike panda_joint2 46 %']


def test_effort_that_is_not_finite_is_unavailable(watch):
    watch.effort = np.full(8, np.nan)
    watch.cycle()
    assert not watch.dogs.effort.is_available
    assert len(watch.dogs.effort.unmeasured) == 7


def test_a_gripper_without_effort_leaves_the_check_of_the_arm_on(watch):
    watch.effort = np.array([5.0] * 7 + [np.nan])
    watch.cycle()
    assert watch.dogs.effort.is_available
    assert watch.dogs.effort.unmeasured == ()
    watch.effort = watch.effort + np.array([0, 80.0, 0, 0, 0, 0, 0, 0])
    assert [watch.cycle() for _ in range(3)][-1] == 'effort spike panda_joint2 92 %'


def test_an_arm_joint_without_effort_is_named_and_the_others_are_judged(watch):
    watch.effort = np.array([np.nan] + [5.0] * 7)
    watch.cycle()
    assert watch.dogs.effort.unmeasured == ('panda_joint1',)
    watch.effort = watch.effort + np.array([0, 80.0, 0, 0, 0, 0, 0, 0])
    assert [watch.cycle() for _ in range(3)][-1].startswith('effort spike panda_joint2')


def test_effort_that_comes_and_goes_keeps_its_average(watch):
    for k in range(20):
        watch.effort = np.full(8, np.nan if k % 2 else 5.0)
        assert watch.cycle() == ''
    watch.effort = np.full(8, 5.0) + np.array([0, 80.0, 0, 0, 0, 0, 0, 0])
    assert [watch.cycle() for _ in range(3)][-1].startswith('effort spike panda_joint2')


def test_a_loop_that_does_not_keep_its_period_is_named(watch):
    watch.cycle()
    assert watch.cycle(gap_ns=6 * PERIOD_NS) == ''
    assert watch.cycle(gap_ns=6 * PERIOD_NS) == ''
    assert watch.cycle(gap_ns=6 * PERIOD_NS) == 'cycle took 60 ms'
    assert watch.dogs.overruns == 3


def test_the_measured_position_counts_only_while_it_is_fresh(cell, watch):
    assert watch.dogs.joint_problem(watch.now_ns) == 'no joint_states'
    watch.cycle()
    assert watch.dogs.joint_problem(watch.now_ns) == ''
    limit_ns = to_ns(cell.deadlines.joint_state_age_s)
    assert watch.dogs.joint_problem(watch.now_ns + limit_ns + 1) == 'joint_states stale'


def test_restart_forgets_everything(cell):
    strict = replace(cell, deadlines=replace(cell.deadlines, joint_state_age_s=0.05))
    watch = Watch(strict)
    for _ in range(20):
        watch.cycle(is_measured=False)
    watch.dogs.restart()
    assert watch.cycle() == ''


def test_a_measurement_counts_once_however_many_cycles_it_lasts(cell):
    """A driver at 33 Hz under a filter at 100 Hz: one bad sample is no three bad looks."""
    watch = Watch(cell, tracking_latency_s=0.0, tracking_error=0.02)
    far = cell.home + 0.5
    watch.cycle()
    assert watch.cycle(measured=far) == ''
    assert [watch.cycle(is_measured=False) for _ in range(5)] == [''] * 5
    assert watch.cycle(measured=cell.home) == ''
    faults = []
    for _ in range(3):
        faults.append(watch.cycle(measured=far))
        watch.cycle(is_measured=False)
        watch.cycle(is_measured=False)
    assert [bool(fault) for fault in faults] == [False, False, True]
