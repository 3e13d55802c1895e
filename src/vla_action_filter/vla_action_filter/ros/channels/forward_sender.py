"""Sends positions to a forward_command_controller."""

from rclpy.node import Node
from std_msgs.msg import Float64MultiArray
from vla_action_filter.command_loop import Orders
from vla_action_filter.ros.channels.controller_parameters import ControllerParameters
from vla_action_filter.ros.channels.sender import topic_fault
from vla_contract.channels import Channel
from vla_contract.contract import RobotContract
from vla_contract.ros.qos import COMMAND


class ForwardSender:
    """One number per joint of the channel, in the controller's order, where the curve is now."""

    def __init__(self, node: Node, channel: Channel, contract: RobotContract) -> None:
        """Create the publisher."""
        self._node, self._channel = node, channel
        self._index = {name: i for i, name in enumerate(contract.joint_names)}
        self._parameters = ControllerParameters(node, channel)
        self._publisher = node.create_publisher(Float64MultiArray, channel.endpoint, COMMAND)

    def send(self, orders: Orders) -> None:
        """See `Sender`."""
        if orders.position is not None:
            # The message has no names: the controller's own order counts, where it is known.
            names = self._parameters.joints or self._channel.joints
            data = [float(orders.position[self._index[name]]) for name in names]
            self._publisher.publish(Float64MultiArray(data=data))

    def fault(self) -> str:
        """See `Sender`."""
        return topic_fault(self._node, self._channel.endpoint) or self._parameters.fault()
