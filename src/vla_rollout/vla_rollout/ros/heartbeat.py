"""Says that somebody watches the arm, as long as somebody does."""

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import String
from vla_contract.ros.qos import COMMAND

# Ten within the half second after which the action filter brakes.
_PERIOD_S = 0.05


class Heartbeat:
    """Publishes on `watch` while the policy may move the arm.

    A beat takes two threads: the executor's, whose timer allows it, and the one that waits for the
    end of the episode, which publishes it. Whatever ends or stops one of them silences both, and
    the action filter brakes.

    Attributes:
        is_on: whether somebody watches now.
    """

    def __init__(self, node: Node, who: str) -> None:
        """Create publisher and timer on a node; `who` is what the message says."""
        self._publisher = node.create_publisher(String, 'watch', COMMAND)
        self._message = String(data=who)
        self._is_allowed = False
        self.is_on = False
        # By the machine's clock: whoever watches does so in real time.
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(_PERIOD_S, self._allow, clock=clock)

    def beat(self) -> None:
        """Publish when it is time; called again and again by the loop that watches."""
        if self.is_on and self._is_allowed:
            self._is_allowed = False
            self._publisher.publish(self._message)

    def _allow(self) -> None:
        self._is_allowed = True
