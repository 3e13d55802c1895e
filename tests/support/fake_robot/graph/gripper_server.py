"""The action server of a gripper controller of the double, over DDS."""

from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from support.fake_robot.gripper_action_controller import (
    GoalStatus,
    GripperActionController,
    GripperGoal,
)
from support.fake_robot.ros2_control import Ros2Control
from vla_contract.deployment.channels import Channel, PARALLEL_GRIPPER


class GripperServer:
    """Hands goals to a controller, and their ends to the clients.

    `lock` of the robot is held by whoever calls `poll`, and taken for every goal.
    """

    def __init__(self, node: Node, channel: Channel, robot: Ros2Control, lock: Any) -> None:
        """Offer the channel's action; control_msgs has to be there."""
        from control_msgs import action

        self._robot, self._channel, self._lock = robot, channel, lock
        self._is_parallel = channel.kind == PARALLEL_GRIPPER
        self._kind = action.ParallelGripperCommand if self._is_parallel else action.GripperCommand
        self._goals: dict[bytes, GripperGoal] = {}
        self._waiting: list[tuple[ServerGoalHandle, GripperGoal]] = []
        self._next: GripperGoal | None = None
        name = channel.endpoint.rpartition('/')[2]
        self.server = ActionServer(
            node,
            self._kind,
            f'~/{name}',
            execute_callback=self._on_end,
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=lambda handle: CancelResponse.REJECT,
        )

    @property
    def controller(self) -> GripperActionController:
        found = self._robot.controllers[self._channel.controller]
        assert isinstance(found, GripperActionController)
        return found

    def poll(self) -> None:
        """Send the results of goals that have ended."""
        ended = [one for one in self._waiting if one[1].status is not GoalStatus.EXECUTING]
        self._waiting = [one for one in self._waiting if one not in ended]
        for handle, _ in ended:
            handle.execute()

    def _on_goal(self, request: Any) -> GoalResponse:
        command = request.command
        if self._is_parallel:
            effort = command.effort[0] if len(command.effort) else None
            position: Any = list(command.position)
        else:
            position, effort = command.position, command.max_effort or None
        with self._lock:
            self._next = self.controller.on_goal(position, self._robot.now_ns, effort)
        return GoalResponse.REJECT if self._next is None else GoalResponse.ACCEPT

    def _on_accepted(self, handle: ServerGoalHandle) -> None:
        assert self._next is not None
        with self._lock:
            self._goals[bytes(handle.goal_id.uuid)] = self._next
            self._waiting.append((handle, self._next))

    def _on_end(self, handle: ServerGoalHandle) -> Any:
        """Answer; a goal that another one replaced has been aborted for its client."""
        goal = self._goals.pop(bytes(handle.goal_id.uuid))
        result = self._kind.Result()
        result.stalled, result.reached_goal = goal.stalled, goal.reached_goal
        if goal.status is GoalStatus.SUCCEEDED:
            handle.succeed()
        else:
            handle.abort()
        return result
