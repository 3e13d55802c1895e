"""Grippers whose drivers offer an action of their own, without a controller of ros2_control.

Both follow GripperActionController in what a client sees of a goal; they differ in which number
they take, and in that no goal is refused and none ends the one before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import math

from support.fake_robot.gripper_action_controller import (
    GoalStatus,
    GripperActionController,
    GripperGoal,
    GripperParameters,
)

# onExecuteGripperCommand: a goal nearer than that is reached [m].
_SAME_WIDTH = 1e-4


@dataclass(frozen=True)
class FrankaParameters(GripperParameters):
    """franka_gripper_node.

    Args:
        max_width: what homing has found [m].
        default_speed: of the width, when it opens and when it closes [m/s].
    """

    max_width: float = 0.0795
    default_speed: float = 0.1
    # With the epsilon of config/controllers fingers that an object stops have grasped it.
    allow_stalling: bool = True
    goal_tolerance: float = 0.002


@dataclass(frozen=True)
class XarmParameters(GripperParameters):
    """The gripper of xarm_api's driver.

    Args:
        max_pos: pulses of the open gripper.
    """

    max_pos: float = 850.0
    allow_stalling: bool = True


class DriverGripper(GripperActionController):
    """What both have in common: every goal is accepted, and nothing stops one but the next.

    A goal ends when the fingers are there or move no more.
    """

    def on_goal(
        self, position: float | Sequence[float], now_ns: int, max_effort: float | None = None
    ) -> GripperGoal | None:
        """Take a goal, as handleGoal and execute do."""
        if not self.has_server or isinstance(position, Sequence):
            return None
        goal = GripperGoal(position, max_effort or 0.0, now_ns)
        self.accepted += 1
        self._start(goal)
        if goal.status is GoalStatus.EXECUTING:
            self._goal, self._last_movement_ns = goal, now_ns
        return goal

    def _start(self, goal: GripperGoal) -> None:
        raise NotImplementedError


class FrankaGripper(DriverGripper):
    """gripper_action_server.cpp of franka_ros2 (branch jazzy): positions are half of the width."""

    parameters: FrankaParameters

    def __init__(self, parameters: FrankaParameters) -> None:
        super().__init__(parameters)
        self._finger = self._command = 0.0
        self._last_ns: int | None = None

    def activate(self, measured: float) -> None:
        """Know the width, as readOnce() does."""
        super().activate(measured)
        self._finger = self._command = measured

    def update(self, time_ns: int, position: float, velocity: float) -> float:
        """Return where move() and grasp() have come to [m], of one finger."""
        period_s = 0.0 if self._last_ns is None else (time_ns - self._last_ns) * 1e-9
        self._last_ns, self._finger = time_ns, position
        step = 0.5 * self.parameters.default_speed * period_s
        self._command += min(max(self._target - self._command, -step), step)
        super().update(time_ns, position, velocity)
        return self._command

    def _start(self, goal: GripperGoal) -> None:
        width, now = 2.0 * goal.position, 2.0 * self._finger
        most = self.parameters.max_width
        if not 0.0 <= width <= most:
            self.errors.append(
                'GripperServer: Commanding out of range width! '
                f'max_width = {most:f} command = {width:f}'
            )
            goal.status = GoalStatus.ABORTED
        elif abs(width - now) < _SAME_WIDTH:
            goal.status, goal.reached_goal = GoalStatus.SUCCEEDED, True
        else:
            if width < now and goal.max_effort == 0.0:
                self.warnings.append('grasp() with a force of 0 N')
            self._target = goal.position


class XarmGripper(DriverGripper):
    """xarm_driver.cpp of xarm_ros2 (branch jazzy): positions become pulses, 0 rad is open."""

    parameters: XarmParameters

    def update(self, time_ns: int, position: float, velocity: float) -> float:
        """Return the joint [rad] of the pulses that set_gripper_position got."""
        return super().update(time_ns, position, velocity)

    def _start(self, goal: GripperGoal) -> None:
        # _xarm_gripper_pos_convert both ways; both take the absolute value.
        most = self.parameters.max_pos
        pulses = math.fabs(most - goal.position * 1000.0)
        self._target = math.fabs(most - pulses) / 1000.0
