"""What every channel offers to the filter node."""

from typing import Protocol

from rclpy.node import Node
from vla_action_filter.output.command_loop import Orders
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import Channel
from vla_contract.ros.node.graph_arguments import publishers_of
from vla_contract.values import Vector

Columns = list[int]


class Sender(Protocol):
    """Sends a channel's joints to its controller, and knows why it cannot."""

    def send(self, orders: Orders) -> None:
        """Send what the orders hold for this channel, if anything."""

    def finish(self) -> None:
        """Return when all that was sent needs no more of this process."""

    def reference(self) -> tuple[Columns, Vector] | None:
        """Return which joints the controller says to hold where [rad or m]; None for no word."""

    def permitted_speed(self) -> float:
        """Return how fast the robot lets a plan be played, 0 to 1; 1 where it does not say."""

    def close(self) -> None:
        """End threads, if there are any."""

    def fault(self) -> str:
        """Return why the arm must not move by this channel, '' for no reason."""


class SilentSender:
    """The channel of joints that nobody commands."""

    def send(self, orders: Orders) -> None:
        """Send nothing."""

    def finish(self) -> None:
        """Have nothing to wait for."""

    def reference(self) -> None:
        """Know of none."""

    def permitted_speed(self) -> float:
        """Slow nothing down."""
        return 1.0

    def close(self) -> None:
        """Have nothing to end."""

    def fault(self) -> str:
        """See nothing wrong."""
        return ''


def columns_of(channel: Channel, cell: Cell) -> Columns:
    """Return the indices of a channel's joints in the cell's order."""
    return [cell.joint_names.index(name) for name in channel.joints]


def topic_fault(node: Node, topic: str) -> str:
    """Return what is wrong with the two ends of a command topic, '' for nothing."""
    publishers = publishers_of(node, topic)
    topic = node.resolve_topic_name(topic)
    if publishers > 1:
        return f'{topic} has {publishers} publishers: another node commands this arm'
    if node.count_subscribers(topic) == 0:
        return f'no subscriber on {topic}; is the controller loaded and active?'
    return ''
