"""Gripper action controllers of ros2_controllers 4.42, for a position command interface.

position_controllers/GripperActionController (action GripperCommand) and
parallel_gripper_action_controller (ParallelGripperCommand) differ in the goal only. Neither
smooths: the goal is the command of the next update. Neither sends feedback.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import enum

from support.fake_robot.lines import Lines
from vla_contract.values import to_ns


class GoalStatus(enum.Enum):
    """How a goal stands, in the words of action_msgs/GoalStatus."""

    EXECUTING = enum.auto()
    SUCCEEDED = enum.auto()
    ABORTED = enum.auto()
    CANCELED = enum.auto()


@dataclass(frozen=True)
class GripperParameters:
    """The controllers' parameters, with their own defaults.

    Args:
        goal_tolerance: [rad or m].
        stall_velocity_threshold: slower is not moving [rad/s or m/s].
        stall_timeout: [s] without movement before a goal counts as stalled.
        action_monitor_rate: how often a finished goal is looked for, to send its result [Hz].
        is_parallel: ParallelGripperCommand, whose positions must be exactly one.
    """

    joint: str
    goal_tolerance: float = 0.01
    allow_stalling: bool = False
    stall_velocity_threshold: float = 0.001
    stall_timeout: float = 1.0
    max_effort: float = 0.0
    action_monitor_rate: float = 20.0
    is_parallel: bool = False


@dataclass
class GripperGoal:
    """A goal and, once it ended, its result; result_ns is when its client hears of it."""

    position: float
    max_effort: float
    accepted_ns: int
    status: GoalStatus = GoalStatus.EXECUTING
    reached_goal: bool = False
    stalled: bool = False
    result_position: float = float('nan')
    result_ns: int = 0


class GripperActionController:
    """One joint and at most one goal."""

    def __init__(self, parameters: GripperParameters) -> None:
        self.parameters = parameters
        self.joints = (parameters.joint,)
        self.is_active = False
        # The action server is made by on_activate and outlives on_deactivate.
        self.has_server = False
        self.errors = Lines()
        self.warnings = Lines()
        self.accepted = 0
        self._goal: GripperGoal | None = None
        self._target = 0.0
        self._last_movement_ns = 0

    @property
    def is_busy(self) -> bool:
        """Whether a goal is executed."""
        return self._goal is not None

    def activate(self, measured: float) -> None:
        """Command the measured position, as on_activate does."""
        self._target = measured
        self.is_active = self.has_server = True

    def deactivate(self) -> None:
        """Follow on_deactivate: the server goes on taking goals that nobody works on."""
        self.is_active = False

    def on_goal(
        self, position: float | Sequence[float], now_ns: int, max_effort: float | None = None
    ) -> GripperGoal | None:
        """Take a goal, as goal_callback and accepted_callback do; one before it is canceled.

        Args:
            position: [rad or m]; a list for ParallelGripperCommand.
            now_ns: the node's clock.
            max_effort: [N]; None for the parameter's.

        Returns:
            The goal, None where it is refused or no server is there yet.
        """
        if not self.has_server:
            return None
        values = list(position) if isinstance(position, Sequence) else [position]
        if self.parameters.is_parallel and len(values) != 1:
            self.errors.append(
                'Received action goal with wrong number of position values, expects 1, got '
                f'{len(values)}'
            )
            return None
        self._end(GoalStatus.CANCELED, now_ns)
        effort = self.parameters.max_effort if max_effort is None else max_effort
        self._goal = GripperGoal(values[0], effort, now_ns)
        self._target = values[0]
        self._last_movement_ns = now_ns
        self.accepted += 1
        return self._goal

    def cancel(self, now_ns: int, measured: float) -> None:
        """Hold the measured position, as cancel_callback does while a goal is active."""
        if self._goal is not None:
            self._target = measured
            self._end(GoalStatus.CANCELED, now_ns)

    def update(self, time_ns: int, position: float, velocity: float) -> float:
        """Return the command [rad or m]; follows update() and check_for_success()."""
        if self._goal is not None:
            self._check_for_success(time_ns, position, velocity)
        return self._target

    def _check_for_success(self, time_ns: int, position: float, velocity: float) -> None:
        parameters = self.parameters
        if abs(self._target - position) < parameters.goal_tolerance:
            self._goal.reached_goal = True
            self._end(GoalStatus.SUCCEEDED, time_ns, position)
        elif abs(velocity) > parameters.stall_velocity_threshold:
            self._last_movement_ns = time_ns
        elif time_ns - self._last_movement_ns > to_ns(parameters.stall_timeout):
            self._goal.stalled = True
            succeeds = parameters.allow_stalling
            self._end(GoalStatus.SUCCEEDED if succeeds else GoalStatus.ABORTED, time_ns, position)

    def _end(self, status: GoalStatus, time_ns: int, position: float = float('nan')) -> None:
        goal, self._goal = self._goal, None
        if goal is None:
            return
        goal.status, goal.result_position = status, position
        # The result leaves with the goal's timer, not with the update that ended it.
        period_ns = to_ns(1.0 / self.parameters.action_monitor_rate)
        periods = -(-(time_ns - goal.accepted_ns) // period_ns)
        goal.result_ns = goal.accepted_ns + periods * period_ns
