"""Sends positions to a forward_command_controller."""

import threading
import time

from rclpy.node import Node
from std_msgs.msg import Float64MultiArray
from vla_action_filter.output.command_curve import Knot, motion_at
from vla_action_filter.output.command_loop import Orders
from vla_action_filter.ros.channels.controller_parameters import ControllerParameters
from vla_action_filter.ros.channels.sender import columns_of, topic_fault
from vla_action_filter.ros.channels.speed_scaling import SpeedScaling
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import Channel
from vla_contract.ros.qos import COMMAND
from vla_contract.values import Vector

# A forward controller writes the newest number in each of its updates, as a step: at 500 Hz the
# steps are a fifth of those of a filter at 100 Hz, for 3 % of a core.
_RATE_HZ = 500.0
# How much longer than its curve a channel may take to come to rest.
_GRACE_S = 0.5


class ForwardSender:
    """One number per joint of the channel, in the controller's order, where the curve is now.

    A thread plays the curve, its tail included, between the cycles of the filter: the controller
    has neither time nor interpolation of its own.
    """

    def __init__(self, node: Node, channel: Channel, cell: Cell) -> None:
        """Create the publisher and start the thread."""
        self._node, self._channel = node, channel
        columns = columns_of(channel, cell)
        self._index = dict(zip(channel.driver_joints, columns, strict=True))
        self._parameters = ControllerParameters(node, channel)
        self._scaling = SpeedScaling(node, channel)
        self._publisher = node.create_publisher(Float64MultiArray, channel.endpoint, COMMAND)
        self._playing: tuple[tuple[Knot, ...], int] = ((), 0)
        self._has_curve, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._play, name=channel.name, daemon=True)
        self._thread.start()

    def send(self, orders: Orders) -> None:
        """See `Sender`."""
        if not orders.curve:
            return
        # Simulated time may stand still while this is played: the machine's clock goes on.
        offset_ns = orders.now_ns - time.monotonic_ns()
        self._playing = orders.approach or orders.curve, offset_ns
        self._has_curve.set()

    def finish(self) -> None:
        """See `Sender`: the curve is played to its end."""
        pause = threading.Event()
        left_s = _GRACE_S
        while self._has_curve.is_set() and left_s > 0.0:
            pause.wait(1.0 / _RATE_HZ)
            left_s -= 1.0 / _RATE_HZ

    def reference(self) -> None:
        """See `Sender`: these controllers do not say."""

    def permitted_speed(self) -> float:
        """See `Sender`."""
        return self._scaling.share

    def close(self) -> None:
        """End the thread."""
        self._ending.set()
        self._has_curve.set()
        self._thread.join()

    def fault(self) -> str:
        """See `Sender`."""
        return (
            topic_fault(self._node, self._channel.endpoint)
            or self._parameters.fault()
            or self._scaling.fault()
        )

    def _play(self) -> None:
        while not self._ending.wait(1.0 / _RATE_HZ):
            self._has_curve.wait()
            playing = self._playing
            curve, offset_ns = playing
            if not curve:
                continue
            now_ns = time.monotonic_ns() + offset_ns
            self._publish(motion_at(curve, now_ns)[0])
            if now_ns >= curve[-1].time_ns:
                self._has_curve.clear()
                if self._playing is not playing:
                    # It came between the two lines above.
                    self._has_curve.set()

    def _publish(self, position: Vector) -> None:
        # The message has no names: the controller's own order counts, where it is known.
        names = self._parameters.joints or self._channel.driver_joints
        data = [float(position[self._index[name]]) for name in names]
        self._publisher.publish(Float64MultiArray(data=data))
