"""The state that a joint_trajectory_controller publishes, where control_msgs can read it."""

from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from vla_action_filter.output.reference_watch import ReferenceWatch
from vla_contract.deployment.channels import Channel
from vla_contract.ros.listening.unattended import taken, unattended_subscription

# At 1 kHz a look every tenth of a second needs the newest only.
_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class ControllerState:
    """Hands a controller's references to its watch; knows nothing without control_msgs."""

    def __init__(self, node: Node, channel: Channel) -> None:
        """Subscribe if the message type is installed."""
        self.watch = ReferenceWatch(channel.controller)
        self._joints = channel.driver_joints
        self._subscription = None
        if kind := _message_type():
            topic = f'{channel.controller}/controller_state'
            self._subscription = unattended_subscription(node, kind, topic, _NEWEST)

    def look(self, now_ns: int) -> None:
        """Take the newest state, if one came."""
        if self._subscription is None:
            return
        for msg in taken(self._subscription):
            found = dict(zip(msg.joint_names, msg.reference.positions, strict=False))
            if all(name in found for name in self._joints):
                self.watch.hear(np.array([found[name] for name in self._joints]), now_ns)


def _message_type() -> Any:
    try:
        from control_msgs.msg import JointTrajectoryControllerState
    except ImportError:
        return None
    return JointTrajectoryControllerState
