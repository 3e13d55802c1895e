"""Tells the action filter that somebody watches the arm, by every chunk that a command sends."""

from uuid import uuid4

from rclpy.duration import Duration
from rclpy.node import Node
from std_msgs.msg import String
from vla_contract.ros.qos import COMMAND

_ACK_S = 0.5


def heartbeat_message(who: str) -> String:
    """Return the heartbeat of a watcher: a word for people, and one that no other process has."""
    return String(data=f'{who} {uuid4().hex[:8]}')


class Watcher:
    """A heartbeat on `watch` for commands that send chunks themselves, at 2 Hz or more.

    Where the filter requires one it moves nothing without; a heartbeat that ends without `close`
    stops the arm until the filter is activated anew.
    """

    def __init__(self, node: Node, who: str) -> None:
        """Create the publisher; `who` is named when the heartbeat ends."""
        self._node, self._message = node, heartbeat_message(who)
        self._publisher = node.create_publisher(String, 'watch', COMMAND)

    def beat(self) -> None:
        """Say that somebody watches."""
        self._publisher.publish(self._message)

    def close(self) -> None:
        """Say that there is nothing to watch any more."""
        self._publisher.publish(String())
        self._publisher.wait_for_all_acked(Duration(seconds=_ACK_S))
        self._node.destroy_publisher(self._publisher)
