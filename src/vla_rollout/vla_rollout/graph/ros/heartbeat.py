"""Says that somebody watches the arm, as long as somebody does."""

import math
import time

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import String
from vla_contract.ros.qos import COMMAND
from vla_contract.ros.watcher import heartbeat_message

# Ten within the half second after which the action filter brakes.
_PERIOD_S = 0.05
# On a loaded machine an executor is late now and then; with the filter's half second and the way
# to rest, an arm whose watcher hangs is at rest within a second all the same.
_LATE_S = 0.2


class Heartbeat:
    """Publishes on `watch` while the policy may move the arm.

    A beat takes two threads: the executor's, whose timer allows beats for a while, and the one
    that waits for the end of the episode, which publishes them. Whatever ends or stops one of
    them silences both, and the action filter brakes.

    Attributes:
        is_on: whether somebody watches now.
    """

    def __init__(self, node: Node, who: str) -> None:
        """Create publisher and timer on a node; `who` is what its messages say."""
        self._publisher = node.create_publisher(String, 'watch', COMMAND)
        self._message = heartbeat_message(who)
        self._allowed_until_s = self._due_s = -math.inf
        self.is_on = False
        # By the machine's clock: whoever watches does so in real time.
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(_PERIOD_S, self._allow, clock=clock)

    def beat(self) -> None:
        """Publish when it is time; called again and again by the loop that watches."""
        now_s = time.monotonic()
        if self.is_on and self._due_s <= now_s < self._allowed_until_s:
            self._due_s = now_s + _PERIOD_S
            self._publisher.publish(self._message)

    def _allow(self) -> None:
        self._allowed_until_s = time.monotonic() + _LATE_S
