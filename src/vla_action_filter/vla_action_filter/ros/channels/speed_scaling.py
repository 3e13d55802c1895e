"""Listens to the topic on which a robot says how fast it may go."""

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Float64
from vla_action_filter.operator.permitted_speed import PermittedSpeed
from vla_contract.deployment.channels import Channel
from vla_contract.ros.listening.unattended import taken, unattended_subscription

_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class SpeedScaling:
    """The speed that the robot of a channel permits; all of it where it names no topic."""

    def __init__(self, node: Node, channel: Channel) -> None:
        """Subscribe, if the channel names a topic."""
        self._speed = None
        if topic := channel.speed_scaling_topic:
            self._speed = PermittedSpeed(topic)
            self._subscription = unattended_subscription(node, Float64, topic, _NEWEST)

    @property
    def share(self) -> float:
        """How fast a plan may be played, from 0 to 1."""
        self._look()
        return 1.0 if self._speed is None else self._speed.share

    def fault(self) -> str:
        """Return why that is not known, '' for no reason."""
        self._look()
        return '' if self._speed is None else self._speed.fault

    def _look(self) -> None:
        if self._speed is not None:
            for msg in taken(self._subscription):
                self._speed.hear(float(msg.data))
