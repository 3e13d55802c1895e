"""Subscriptions to every topic of a cell's measured joints, under the names of the cell."""

from collections.abc import Callable

from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.joint_sources import JointSource


def subscribe_to_joint_states(
    node: Node, cell: Cell, callback: Callable[[JointState], None], qos: QoSProfile
) -> None:
    """Hand each message of a driver to a callback, its joints called as in the cell.

    Args:
        node: on which.
        cell: whose drivers are heard.
        callback: takes a message; merge what it says, a driver has some of the joints.
        qos: of the subscriptions.
    """
    for source in cell.joint_sources:
        node.create_subscription(JointState, source.topic, _renaming(source, callback), qos)


def _renaming(
    source: JointSource, callback: Callable[[JointState], None]
) -> Callable[[JointState], None]:
    def heard(msg: JointState) -> None:
        msg.name = source.names(msg.name)
        callback(msg)

    return heard if source.prefix else callback
