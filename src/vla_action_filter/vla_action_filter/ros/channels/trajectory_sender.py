"""Sends the curve of commands to a joint_trajectory_controller."""

from array import array

import numpy as np
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_action_filter.output.command_curve import Knot
from vla_action_filter.output.command_loop import Orders
from vla_action_filter.ros.channels.controller_parameters import ControllerParameters
from vla_action_filter.ros.channels.controller_state import ControllerState
from vla_action_filter.ros.channels.sender import Columns, columns_of, topic_fault
from vla_action_filter.ros.channels.speed_scaling import SpeedScaling
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import Channel
from vla_contract.ros.messages.stamps import to_duration, to_time
from vla_contract.ros.qos import COMMAND
from vla_contract.values import Vector


class TrajectorySender:
    """Stamped trajectories with positions and velocities whose last point is at rest.

    The first point lies in the past, so the controller samples between points of ours whatever
    its starting rule is (Trajectory::sample), and when it gets no more it plays the rest.
    """

    def __init__(self, node: Node, channel: Channel, cell: Cell) -> None:
        """Create the publisher."""
        self._node, self._channel = node, channel
        self._columns = columns_of(channel, cell)
        self._parameters = ControllerParameters(node, channel)
        self._state = ControllerState(node, channel)
        self._scaling = SpeedScaling(node, channel)
        self._told: Vector | None = None
        self._publisher = node.create_publisher(JointTrajectory, channel.endpoint, COMMAND)

    def send(self, orders: Orders) -> None:
        """See `Sender`."""
        # An approach takes its time: only a stream can be compared with what comes of it.
        self._told = orders.played[-1].command[self._columns] if orders.played else None
        if orders.curve:
            names = self._channel.driver_joints
            self._publisher.publish(trajectory_msg(orders.curve, names, self._columns))

    def finish(self) -> None:
        """See `Sender`: the controller has all it needs."""

    def permitted_speed(self) -> float:
        """See `Sender`."""
        return self._scaling.share

    def close(self) -> None:
        """See `Sender`."""

    def fault(self) -> str:
        """See `Sender`."""
        now_ns = int(self._node.get_clock().now().nanoseconds)
        self._state.look(now_ns)
        return (
            topic_fault(self._node, self._channel.endpoint)
            or self._parameters.fault()
            or self._scaling.fault()
            or self._state.watch.fault(self._told, now_ns)
        )

    def reference(self) -> tuple[Columns, Vector] | None:
        """See `Sender`."""
        found = self._state.watch.reference
        return None if found is None else (self._columns, found)


def trajectory_msg(
    curve: tuple[Knot, ...], names: tuple[str, ...], columns: Columns
) -> JointTrajectory:
    """Return a curve as a message.

    Args:
        curve: knots of all joints, of strictly increasing times.
        names: joints of the message.
        columns: their places in the knots' vectors.
    """
    msg = JointTrajectory(joint_names=list(names))
    start_ns = curve[0].time_ns
    msg.header.stamp = to_time(start_ns)
    index = np.array(columns)
    for knot in curve:
        point = JointTrajectoryPoint(time_from_start=to_duration(knot.time_ns - start_ns))
        point.positions = array('d', knot.position[index])
        point.velocities = array('d', knot.velocity[index])
        msg.points.append(point)
    return msg
