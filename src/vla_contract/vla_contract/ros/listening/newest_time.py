"""The time of a node whose clock is simulated, with no message of that clock left waiting."""

from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from vla_contract.ros.listening.unattended import taken, unattended_subscription
from vla_contract.ros.node.lifecycle import VlaNode
from vla_contract.stamps import from_stamp
from vla_contract.values import to_ns

_OVERTAKEN_NS = to_ns(1.0)
_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class NewestTime:
    """Takes the waiting message of `/clock` itself when it is asked for the time.

    On a loaded machine the executor takes it later than joint_states are polled, and these would
    seem to come from the future.
    """

    def __init__(self, node: VlaNode) -> None:
        """Prepare for a node; the machine's clock is read as it is."""
        self._node = node
        self._clock_ns = self._measured_ns = 0
        self._clock = None
        if node.get_parameter('use_sim_time').value:
            self._clock = unattended_subscription(node, Clock, '/clock', _NEWEST)

    def not_before(self, stamp_ns: int, now_ns: int) -> int:
        """Return the time, which is at least that of what was measured in the same simulation.

        Messages of different topics may overtake each other. One that is further ahead is stamped
        by another clock, which the filter has to say.

        Args:
            stamp_ns: of the newest measurement [ns].
            now_ns: the time by the clock [ns].
        """
        if self._clock is not None and now_ns < stamp_ns <= now_ns + _OVERTAKEN_NS:
            self._measured_ns = stamp_ns
            return stamp_ns
        return now_ns

    def now_ns(self) -> int:
        """Return the time, which goes back only where the clock itself is set back [ns]."""
        if self._clock is not None:
            for msg in taken(self._clock):
                clock_ns = from_stamp(msg.clock)
                if clock_ns < self._clock_ns:
                    self._measured_ns = 0
                self._clock_ns = clock_ns
        return max(self._node.now_ns(), self._clock_ns, self._measured_ns)
