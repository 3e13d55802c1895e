"""The filter and its curve of commands: what is sent, in every cycle, whenever that comes."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_action_filter.output.command_curve import approach, CommandCurve, Knot
from vla_action_filter.output.desired_log import DesiredLog
from vla_action_filter.output.gripper_ramp import GripperRamp
from vla_action_filter.verdict import Desired, FilterResult, Output
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import Reason, ReasonCode, Verdict
from vla_contract.values import to_ns, Vector

_DEACTIVATED = Reason('deactivated', ReasonCode.DEACTIVATED)
_NOTHING_YET = FilterResult(None, Verdict.HOLD, (Reason('inactive'),), output=Output.SILENT)


class Played(NamedTuple):
    """A command that has come due.

    Attributes:
        time_ns: when it is due, on a grid of periods [ns].
        command: what the arm is really told, shape (D,) [rad or m].
        desired: what the plan asked for at that time, None without a chunk.
    """

    time_ns: int
    command: Vector
    desired: Desired | None


@dataclass(frozen=True)
class Orders:
    """What one cycle tells the controllers; empty while nothing is to be sent.

    Attributes:
        result: what the filter decided.
        now_ns: time of the cycle [ns].
        played: the commands that came due since the last cycle.
        curve: for controllers of trajectories, from a point in the past to rest; empty for none.
        approach: the way to the point of `curve`, for controllers that cannot find it themselves,
            in the cycle that begins it; empty otherwise.
        goal: for gripper actions, where the fingers are to go, shape (D,) [rad or m], or None.
    """

    result: FilterResult
    now_ns: int = 0
    played: tuple[Played, ...] = ()
    curve: tuple[Knot, ...] = ()
    approach: tuple[Knot, ...] = ()
    goal: Vector | None = None


class CommandLoop:
    """Runs an `ActionFilter` a little ahead of time and turns its commands into orders.

    Commands are due at times a period apart, whatever the times of the cycles are, so that limits
    hold in real time: a cycle that comes late changes nothing, one that comes so late that the
    controllers brake goes on from where they have come to.

    Attributes:
        since_ns: commands due from this time on have the newest verdict, a hold or stop its
            reason, and are commanded by the same [ns].
        due_ns: when the newest command is due [ns].
    """

    def __init__(self, cell: Cell, config: FilterConfig) -> None:
        """Build the filter; call `cycle` at the robot's filter_hz.

        Raises:
            ContractError: a setting or the model does not fit the robot.
        """
        dt = 1.0 / cell.rates.filter_hz
        self._approach_ns = to_ns(config.arming_s)
        self._lead_ns, self._period_ns = to_ns(config.lead_s), to_ns(dt)
        self.filter = ActionFilter(cell, config, self._approach_ns)
        self._grippers = cell.grippers
        stepped = () if config.ramp_grippers else cell.grippers
        self._curve = CommandCurve(cell, self._lead_ns, config.acceleration_fraction, stepped)
        self._desired = DesiredLog()
        self._ramps = {
            i: GripperRamp(cell.joints[i], dt) for i in cell.grippers if i not in stepped
        }
        self.restart()

    @property
    def is_streaming(self) -> bool:
        """Whether controllers were told something in the last cycle."""
        return self._orders.result.output is Output.STREAM

    @property
    def is_moving(self) -> bool:
        """Whether commands of arm or fingers have not come to where they stay."""
        return self.filter.is_moving or self.filter.is_gripper_moving

    @property
    def periods_ahead(self) -> int:
        """How many commands are given out before they are due."""
        return self._lead_ns // self._period_ns

    def restart(self) -> None:
        """Forget what was sent and who commanded, and arm anew at the next fresh joint state."""
        self.filter.disarm()
        self.filter.sources.restart()
        self._orders, self._told_ns = Orders(_NOTHING_YET), 0
        self.since_ns = self.due_ns = 0
        self._desired.clear()
        self._now_ns: int | None = None
        self.filter.is_gripper_moving = False

    def cycle(self, now_ns: int) -> Orders:
        """Compute the orders of this cycle; `now_ns` as for `ActionFilter.step` [ns]."""
        orders, before = Orders(self._orders.result), self._orders.result
        for due_ns in self._dues(now_ns):
            result = self.filter.step(now_ns, due_ns)
            if result.verdict >= Verdict.HOLD > before.verdict:
                return self._stop_at_once(now_ns, result)
            orders = self._take(now_ns, due_ns, result)
        return self._told(now_ns, orders)

    def _stop_at_once(self, now_ns: int, result: FilterResult) -> Orders:
        """Brake from where the arm is told to be now, not from `lead` later."""
        self._rejoin(now_ns)
        orders = Orders(result)
        for due_ns in self._curve.dues(now_ns):
            braked = replace(result, command=self.filter.brake())
            orders = self._take(now_ns, due_ns, braked)
        return self._told(now_ns, orders)

    def brake(self, now_ns: int) -> Orders:
        """Decelerate by one period, whatever the policy wants; call until nothing moves."""
        orders = Orders(self._orders.result)
        for due_ns in self._dues(now_ns):
            result = FilterResult(self.filter.brake(), Verdict.STOP, (_DEACTIVATED,))
            orders = self._take(now_ns, due_ns, result)
        return self._told(now_ns, orders)

    def _dues(self, now_ns: int) -> list[int]:
        if self._now_ns is not None and now_ns < self._now_ns:
            # A clock that was set back: what was given out goes on, and the filter stops the arm.
            back_ns = now_ns - self._now_ns - self._period_ns
            self._curve.shift(back_ns)
            self._desired.shift(back_ns)
            self._told_ns += back_ns
        self._now_ns = now_ns
        if self._orders.result.output is Output.SILENT:
            return [now_ns + self._lead_ns]
        if self._curve.is_overtaken(now_ns):
            self.filter.counters['late_commands'] += 1
            self._rejoin(now_ns)
        return self._curve.dues(now_ns)

    def _rejoin(self, now_ns: int) -> None:
        position, velocity = self._curve.rejoin(now_ns)
        self.filter.rejoin(position, velocity)
        for i, ramp in self._ramps.items():
            ramp.rejoin(float(position[i]), float(velocity[i]))

    def _take(self, now_ns: int, due_ns: int, result: FilterResult) -> Orders:
        """Put a command on the curve, and say what of it is sent."""
        command, before = result.command, self._orders.result.output
        if _kind(result) != _kind(self._orders.result):
            self.since_ns = due_ns
        self.due_ns = due_ns
        self._desired.add(due_ns, result.desired)
        # What was silent before is asked for here, so that two commands of a cycle agree.
        self._orders = Orders(result)
        if command is None:
            return Orders(result)
        if result.output is Output.SILENT or (
            result.output is Output.APPROACH and before is Output.SILENT
        ):
            self._begin(now_ns, command)
            if result.output is Output.SILENT:
                return Orders(result)
            rest = self._curve.rest_at(now_ns + self._approach_ns)
            way = approach(now_ns, self.filter.where_held(), rest)
            return Orders(result, curve=(rest,), approach=way)
        if before is Output.SILENT:
            self._curve.restart(now_ns - self._period_ns)
        streamed = command.copy()
        for i, ramp in self._ramps.items():
            streamed[i] = ramp.step(float(command[i]))
        self.filter.is_gripper_moving = any(
            ramp.position != command[i] for i, ramp in self._ramps.items()
        )
        self._curve.append(streamed)
        if result.output is Output.APPROACH:
            return Orders(result)
        return Orders(result, curve=tuple(self._curve.ahead(now_ns)), goal=command)

    def _told(self, now_ns: int, orders: Orders) -> Orders:
        """Add what came due; of grippers the command itself, whatever the way there is."""
        result = orders.result
        self._orders = orders = replace(orders, now_ns=now_ns)
        if result.command is None or result.output is Output.SILENT:
            return orders
        due = self._curve.due_between(self._told_ns, now_ns)
        for time_ns, position in due:
            self._told_ns = time_ns
            for i in self._grippers:
                position[i] = result.command[i]
        played = (Played(time_ns, command, self._desired.at(time_ns)) for time_ns, command in due)
        return replace(orders, played=tuple(played))

    def _begin(self, now_ns: int, command: Vector) -> None:
        self._curve.begin(now_ns, command)
        self._told_ns = now_ns
        for i, ramp in self._ramps.items():
            ramp.reset(float(command[i]))


def _kind(result: FilterResult) -> tuple[Verdict, ReasonCode | None, tuple[str, ...]]:
    """Return what `since_ns` dates; which limit is active changes from cycle to cycle."""
    code = result.reason.code if result.verdict >= Verdict.HOLD else None
    return result.verdict, code, result.human
