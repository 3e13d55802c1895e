"""Who leads the arm watches it, where nobody else does: a filter may require a heartbeat."""

import rclpy.node
from std_msgs.msg import String
from vla_contract.ros.qos import COMMAND
from vla_contract.ros.watcher import heartbeat_message

_TOPIC = 'watch'


class LeadingWatch:
    """Beats while the device leads; a rollout beside it watches by itself."""

    def __init__(self, node: rclpy.node.Node, is_wanted: bool) -> None:
        """Create the publisher if it is wanted."""
        self._node, self._is_beating = node, False
        self._message = heartbeat_message('teleop')
        self._publisher = node.create_publisher(String, _TOPIC, COMMAND) if is_wanted else None

    def beat(self) -> None:
        """Say that somebody watches, if nobody else says it."""
        if self._publisher is None:
            return
        if self._node.count_publishers(_TOPIC) > 1:
            self._is_beating = False
            return
        self._is_beating = True
        self._publisher.publish(self._message)

    def end(self) -> None:
        """Say once that there is nothing to watch any more."""
        if self._is_beating and self._publisher is not None:
            self._publisher.publish(String())
        self._is_beating = False
