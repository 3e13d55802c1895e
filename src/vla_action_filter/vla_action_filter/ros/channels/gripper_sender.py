"""Sends goals to the action of a gripper controller (control_msgs)."""

import math
import time
from typing import Any

from rclpy.action import ActionClient
from rclpy.node import Node
from sensor_msgs.msg import JointState
from vla_action_filter.output.command_loop import Orders
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import Channel, PARALLEL_GRIPPER
from vla_contract.errors import VlaError

# So long a refused goal keeps the arm from moving; then it is tried again.
_REFUSED_S = 1.0


class GripperSender:
    """Sends one goal when the gripper's desired position changes: an action is no stream."""

    def __init__(self, node: Node, channel: Channel, cell: Cell) -> None:
        """Create the action client.

        Raises:
            VlaError: control_msgs is not installed.
        """
        actions = _actions(channel)
        self._channel = channel
        self._column = cell.joint_names.index(channel.joints[0])
        self._is_parallel = channel.kind == PARALLEL_GRIPPER
        kind = actions.ParallelGripperCommand if self._is_parallel else actions.GripperCommand
        self._kind = kind
        self._client = ActionClient(node, kind, channel.endpoint)
        self._sent: float | None = None
        self._refused_s = -math.inf

    def send(self, orders: Orders) -> None:
        """See `Sender`; where the fingers are when the filter arms is no goal."""
        if orders.result.command is None:
            return
        desired = float(orders.result.command[self._column])
        if self._sent is None:
            self._sent = desired
        if orders.goal is not None and desired != self._sent:
            self._sent = desired
            self._client.send_goal_async(self._goal(desired)).add_done_callback(self._on_answer)

    def finish(self) -> None:
        """See `Sender`: the controller has all it needs."""

    def reference(self) -> None:
        """See `Sender`: these controllers do not say."""

    def permitted_speed(self) -> float:
        """See `Sender`: fingers are not slowed down."""
        return 1.0

    def close(self) -> None:
        """See `Sender`."""

    def fault(self) -> str:
        """See `Sender`."""
        if not self._client.server_is_ready():
            return f'no action server {self._channel.endpoint}: is the gripper controller active?'
        if time.monotonic() - self._refused_s < _REFUSED_S:
            return f'{self._channel.endpoint} refused a goal'
        return ''

    def _goal(self, position: float) -> Any:
        goal, effort = self._kind.Goal(), self._channel.max_effort
        if self._is_parallel:
            goal.command = JointState(name=list(self._channel.driver_joints), position=[position])
            if effort:
                goal.command.effort = [effort]
        else:
            goal.command.position, goal.command.max_effort = position, effort
        return goal

    def _on_answer(self, future: Any) -> None:
        if future.result() is None or not future.result().accepted:
            self._refused_s = time.monotonic()
            # No position is equal to it: the goal is sent again when the arm may move again.
            self._sent = math.nan


def _actions(channel: Channel) -> Any:
    """Import control_msgs, which only kinds with an action need."""
    try:
        from control_msgs import action
    except ImportError:
        raise VlaError(
            f'channel {channel.name}: kind {channel.kind} needs the package control_msgs, which '
            'is not installed; on a ROS 2 machine: apt install ros-$ROS_DISTRO-control-msgs'
        ) from None
    return action
