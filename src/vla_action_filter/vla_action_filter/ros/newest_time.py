"""The time of a node whose clock is simulated, with no message of that clock left waiting."""

from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from vla_contract.ros.listening.unattended import taken, unattended_subscription
from vla_contract.ros.messages.stamps import from_stamp
from vla_contract.ros.node.lifecycle import VlaNode

_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class NewestTime:
    """Takes the waiting message of `/clock` itself when it is asked for the time.

    On a loaded machine the executor takes it later than joint_states are polled, and these would
    seem to come from the future.
    """

    def __init__(self, node: VlaNode) -> None:
        """Prepare for a node; the machine's clock is read as it is."""
        self._node = node
        self._newest_ns = 0
        self._clock = None
        if node.get_parameter('use_sim_time').value:
            self._clock = unattended_subscription(node, Clock, '/clock', _NEWEST)

    def now_ns(self) -> int:
        """Return the time [ns]."""
        if self._clock is not None:
            for msg in taken(self._clock):
                self._newest_ns = from_stamp(msg.clock)
        return max(self._node.now_ns(), self._newest_ns)
