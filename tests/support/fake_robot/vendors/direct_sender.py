"""Hands the filter's orders to the controllers of the double as its senders do, without DDS."""

from typing import Any

from support.fake_robot.gripper_action_controller import GripperActionController
from support.fake_robot.ros2_control import Ros2Control
from vla_action_filter.output.command_curve import motion_at
from vla_action_filter.output.command_loop import Orders
from vla_action_filter.ros.channels.trajectory_sender import trajectory_msg
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import Channel, JOINT_TRAJECTORY, NONE, PARALLEL_GRIPPER


class DirectSender:
    """The senders of all channels of a cell."""

    def __init__(self, cell: Cell, robot: Ros2Control) -> None:
        """Send nothing yet."""
        self._cell, self._robot = cell, robot
        self._goals: dict[str, float] = {}

    def send(self, orders: Orders, now_ns: int) -> None:
        """Send what the orders of a cycle hold for every channel."""
        for channel in self._cell.channels:
            columns = [self._cell.joint_names.index(joint) for joint in channel.joints]
            if channel.is_action:
                self._send_goal(channel, orders, columns[0], now_ns)
            elif orders.curve and channel.kind == JOINT_TRAJECTORY:
                msg = trajectory_msg(orders.curve, channel.joints, columns)
                self._robot.send(channel.controller, msg)
            elif orders.curve and channel.kind != NONE:
                position, _ = motion_at(orders.approach or orders.curve, now_ns)
                self._robot.send(channel.controller, position[columns].tolist())

    def _send_goal(self, channel: Channel, orders: Orders, column: int, now_ns: int) -> None:
        if orders.result.command is None:
            return
        desired = float(orders.result.command[column])
        before = self._goals.setdefault(channel.name, desired)
        if orders.goal is not None and desired != before:
            self._goals[channel.name] = desired
            goal: Any = [desired] if channel.kind == PARALLEL_GRIPPER else desired
            controller = self._robot.controllers[channel.controller]
            assert isinstance(controller, GripperActionController)
            controller.on_goal(goal, now_ns, channel.max_effort or None)
