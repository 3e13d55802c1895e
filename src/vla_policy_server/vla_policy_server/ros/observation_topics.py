"""The topics that a policy observes: into its buffer, and word of what is new."""

from collections.abc import Callable
from functools import partial

from geometry_msgs.msg import PoseStamped
import numpy as np
from rclpy.node import Node
from std_msgs.msg import String
from vla_contract.deployment.cell import Camera
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import ContractError
from vla_contract.policy import Policy
from vla_contract.ros.listening.any_publisher import subscribe_to_any
from vla_contract.ros.listening.joint_states_reader import JointStatesReader
from vla_contract.ros.messages.images import image_of, image_type, ImageMessage
from vla_contract.ros.qos import SENSOR
from vla_contract.stamps import from_stamp
from vla_contract.transforms import wxyz_from_xyzw
from vla_policy_server.serving.observation_buffer import ObservationBuffer

# How often joint positions are kept, to be interpolated to the time of an image.
_JOINTS_PERIOD_S = 0.01


class ObservationTopics:
    """Subscribes to joints, instruction, and the images and extras that a policy needs."""

    def __init__(
        self,
        node: Node,
        deployment: Deployment,
        policy: Policy,
        buffer: ObservationBuffer,
        on_news: Callable[[], None],
        on_refused: Callable[[str], None],
    ) -> None:
        """Subscribe.

        Args:
            node: on which.
            deployment: which cameras and joints.
            policy: what it needs.
            buffer: takes what comes.
            on_news: called after an image, or an extra where the policy needs no image.
            on_refused: called with why a message cannot be used.
        """
        self._node, self._buffer = node, buffer
        self._on_news, self._on_refused = on_news, on_refused
        self._needs_images = policy.needs_images
        self._joints = JointStatesReader(node, deployment.cell)
        node.create_timer(_JOINTS_PERIOD_S, self.read_joints)
        subscribe_to_any(node, String, 'instruction', self._on_instruction)
        if policy.needs_images:
            for name in dict.fromkeys(seen.camera for seen in deployment.policy.cameras):
                self._subscribe(deployment.cell.camera(name))
        for name in policy.needs_extras:
            on_pose = partial(self._on_pose, name)
            node.create_subscription(PoseStamped, f'sim/{name}', on_pose, SENSOR)

    def read_joints(self) -> None:
        """Take the joints that were measured since the last time."""
        buffer, rejected = self._buffer, self._joints.rejected
        sample = self._joints.poll(int(self._node.get_clock().now().nanoseconds))
        if sample is not None:
            buffer.add_joints(sample)
        buffer.missing_joints = self._joints.missing or 'no joint_states'
        if self._joints.rejected > rejected:
            self._on_refused(self._joints.problem)

    def _subscribe(self, camera: Camera) -> None:
        self._node.create_subscription(
            image_type(camera),
            camera.image_topic,
            lambda msg: self._on_image(camera.name, msg),
            SENSOR,
        )

    def _on_image(self, camera: str, msg: ImageMessage) -> None:
        try:
            self._buffer.add_image(camera, from_stamp(msg.header.stamp), image_of(msg))
        except ContractError as error:
            self._on_refused(str(error))
            return
        self._on_news()

    def _on_pose(self, name: str, msg: PoseStamped) -> None:
        p, q = msg.pose.position, msg.pose.orientation
        wxyz = wxyz_from_xyzw(np.array([q.x, q.y, q.z, q.w]))
        pose = np.array([p.x, p.y, p.z, *wxyz])
        self._buffer.add_extra(name, from_stamp(msg.header.stamp), pose)
        if not self._needs_images:
            self._on_news()

    def _on_instruction(self, msg: String) -> None:
        self._buffer.instruction = msg.data
