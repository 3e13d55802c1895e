"""What stops the arm whatever the policy says, each with a debounced trigger."""

from collections.abc import Callable

from vla_action_filter.config import FilterConfig
from vla_action_filter.watchdogs.effort_guard import EffortGuard
from vla_action_filter.watchdogs.tracking_guard import TrackingGuard
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import NO_REASON, Reason, ReasonCode
from vla_contract.joints.joint_age import JointAges
from vla_contract.values import JointSample, to_ns, Vector

# A chunk from the future would be played late. One second of clock difference is more than any
# synchronised pair of hosts has.
FUTURE_NS = to_ns(1.0)

# What is judged once per measurement; the others once per cycle.
_OF_SAMPLES = (ReasonCode.TRACKING, ReasonCode.EFFORT)


class Debounce:
    """Answers yes after `trigger` bad looks in a row, and no again after `release` good ones."""

    def __init__(self, trigger: int, release: int) -> None:
        """Start quiet; both counts are at least 1."""
        self._trigger, self._release = trigger, release
        self._count = 0
        self.is_active = False

    def restart(self) -> None:
        """Forget the past."""
        self._count = 0
        self.is_active = False

    def update(self, is_bad: bool) -> bool:
        """Take one look; return whether the watchdog is active."""
        self._count = self._count + 1 if is_bad != self.is_active else 0
        if self._count >= (self._release if self.is_active else self._trigger):
            self.is_active = is_bad
            self._count = 0
        return self.is_active


class Watchdogs:
    """The faults that end in a latched stop.

    In order of severity: a clock that went backwards, joint states that are too old or stamped
    wrongly, a joint that is not where it was told to be, an effort spike, and a loop that does
    not keep its period. Only the clock needs no second look: time never runs backwards by noise.
    What a measurement shows counts once, however many cycles pass until the next one.

    Attributes:
        joints: the newest measurement, None without one.
        missing_joints: why there is none, as long as there is none.
    """

    def __init__(self, cell: Cell, config: FilterConfig) -> None:
        """Prepare for a robot."""
        self._ages = JointAges(cell)
        period_s = 1.0 / cell.rates.filter_hz
        self._longest_ns = to_ns(period_s * config.overrun_periods)
        self.tracking = TrackingGuard(cell, config, period_s)
        self.effort = EffortGuard(cell, config)
        self.joints: JointSample | None = None
        self.missing_joints = 'no joint_states'
        self.overruns = 0
        self._last_ns: int | None = None
        self._now_ns = 0
        self._is_new_sample = False
        checks: dict[ReasonCode, Callable[[], str]] = {
            ReasonCode.JOINT_STATES: lambda: self.joint_problem(self._now_ns),
            ReasonCode.TRACKING: lambda: self.tracking.fault,
            ReasonCode.EFFORT: lambda: self.effort.fault,
            ReasonCode.OVERRUN: self._overrun,
        }
        if config.dry_run:
            # An arm that is not told anything is never where the filter thinks it is.
            del checks[ReasonCode.TRACKING]
        self._checks = [
            (code, check, Debounce(config.trigger_cycles, config.release_cycles))
            for code, check in checks.items()
        ]

    def restart(self) -> None:
        """Forget measurements and times; the next cycle is the first."""
        self._last_ns = None
        self.joints = None
        self.tracking.restart()
        self.effort.restart()
        self._is_new_sample = False
        for _, _, debounce in self._checks:
            debounce.restart()

    def offer_joints(self, sample: JointSample) -> None:
        """Take a finite measurement of the right size."""
        self.joints = sample
        self._is_new_sample = True
        self.tracking.offer_joints(sample)
        self.effort.offer_joints(sample)

    def record(self, command: Vector) -> None:
        """Remember what was commanded in this cycle, shape (D,)."""
        self.tracking.record(command)

    def check(self, now_ns: int) -> Reason:
        """Return why the arm must stop, empty for no reason; call once per cycle."""
        fault = NO_REASON
        if self._last_ns is not None and now_ns < self._last_ns:
            fault = Reason('clock went backwards', ReasonCode.CLOCK)
        self._now_ns = now_ns
        for code, check, debounce in self._checks:
            text = check()
            if code not in _OF_SAMPLES or self._is_new_sample:
                debounce.update(bool(text))
            if debounce.is_active and text and not fault:
                fault = Reason(text, code)
        self._last_ns, self._is_new_sample = now_ns, False
        return fault

    def joint_problem(self, now_ns: int) -> Reason:
        """Return why there is no measured position to go by, empty when there is one."""
        if self.joints is None:
            return Reason(self.missing_joints, ReasonCode.JOINT_STATES)
        return Reason(self._ages.problem(self.joints, now_ns), ReasonCode.JOINT_STATES)

    def _overrun(self) -> str:
        if self._last_ns is None or self._now_ns - self._last_ns <= self._longest_ns:
            return ''
        self.overruns += 1
        return f'cycle took {(self._now_ns - self._last_ns) / 1e6:.0f} ms'
