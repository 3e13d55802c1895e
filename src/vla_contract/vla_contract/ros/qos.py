"""The named QoS profiles of the workspace; both ends of a topic use the same name."""

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy


def _profile(reliability: ReliabilityPolicy, durability: DurabilityPolicy) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=1, reliability=reliability, durability=durability
    )


# Only the newest sample counts, and a lost one is replaced by the next.
SENSOR = _profile(ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE)
# Several drivers share the topic: the newest of one must not push out that of another. More than
# a few would keep a node that is too slow for all of them behind the time.
JOINTS = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
# A subscriber of either kind may want it, so the publisher offers the stronger one.
STATE = _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)
# A command must arrive, but never late behind older ones.
COMMAND = _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)
# A value that holds until it is replaced, also for those who join later.
LATCHED = _profile(ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL)
