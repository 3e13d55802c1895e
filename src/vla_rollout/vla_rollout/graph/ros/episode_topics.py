"""What the topics of a running graph say during an episode."""

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from std_msgs.msg import Bool, String
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.cell import Camera
from vla_contract.errors import ContractError, VlaError
from vla_contract.ros.messages.filter_status import status_of
from vla_contract.ros.messages.images import image_of, image_type, ImageMessage
from vla_contract.ros.node.diagnostics import LOADING_S
from vla_contract.ros.qos import COMMAND, LATCHED, SENSOR, STATE
from vla_contract.stamps import from_stamp
from vla_lerobot.images import require_size
from vla_rollout.episodes.monitor import EpisodeMonitor
from vla_rollout.episodes.served_policy import ServedPolicy
from vla_rollout.graph.failed_inferences import FailedInferences
from vla_rollout.graph.loading_policy import LoadingPolicy
from vla_rollout.graph.ros.motion import FILTER, POLICY


class EpisodeTopics:
    """Subscribes, and hands on what comes.

    Attributes:
        monitor: takes success, chunks, what the filter says, and frames.
        served: takes what the policy server says it serves.
        failed_inferences: takes how often it failed.
        loading: takes that it is loading its policy.
    """

    def __init__(self, node: Node, camera: Camera) -> None:
        """Listen from now on; frames are those of this camera."""
        self.monitor, self.served = EpisodeMonitor(), ServedPolicy()
        self.failed_inferences, self.loading = FailedInferences(), LoadingPolicy()
        self._node, self._camera = node, camera
        monitor, listen = self.monitor, node.create_subscription
        listen(Bool, 'sim/success', lambda msg: monitor.on_success(msg.data), LATCHED)
        listen(String, 'sim/failure', lambda msg: monitor.on_failure(msg.data), LATCHED)
        listen(JointTrajectory, 'policy_chunk', self._on_chunk, COMMAND)
        listen(DiagnosticStatus, f'{FILTER}/status', self._on_status, STATE)
        listen(image_type(camera), camera.image_topic, self._on_image, SENSOR)
        listen(String, f'{POLICY}/identity', lambda msg: self.served.hear(msg.data), LATCHED)
        listen(DiagnosticArray, 'diagnostics', self._on_diagnostics, STATE)

    def _on_chunk(self, msg: JointTrajectory) -> None:
        now_ns = self._node.get_clock().now().nanoseconds
        self.monitor.on_chunk(now_ns - from_stamp(msg.header.stamp))

    def _on_status(self, msg: DiagnosticStatus) -> None:
        try:
            self.monitor.on_status(status_of(msg))
        except ContractError as error:
            self._node.get_logger().error(str(error), throttle_duration_sec=5.0)

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        """Hear how the policy server fares; anybody may publish here, in any form."""
        for status in msg.status:
            if status.name != POLICY:
                continue
            values = {item.key: item.value for item in status.values}
            self.loading.hear(status.message if LOADING_S in values else '')
            total = values.get('failed_inferences', '')
            if total.isdecimal():
                self.failed_inferences.hear(int(total), values.get('last_failure', ''))

    def _on_image(self, msg: ImageMessage) -> None:
        """Film a frame; one that is no picture of this camera is the camera's fault alone."""
        try:
            image = image_of(msg)
            require_size(self._camera, image)
            self.monitor.on_image(image)
        except VlaError as error:
            self.monitor.on_bad_image(str(error))
