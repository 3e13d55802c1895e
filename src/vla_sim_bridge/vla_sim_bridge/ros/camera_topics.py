"""The topics of the simulated cameras: images, camera_info, and where they are said to be."""

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo
from vla_contract.ros.messages.images import camera_msg, image_type
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.qos import LATCHED, SENSOR
from vla_contract.values import Image as Pixels
from vla_sim_bridge.cameras.placed_camera import PlacedCamera
from vla_sim_bridge.cameras.published_camera import published_cameras
from vla_sim_bridge.randomization.appearance import Appearance
from vla_sim_bridge.ros.camera_info_msg import camera_info_msg, camera_pose_msg

Frame = tuple[int, Appearance, dict[str, Pixels]]
"""Capture time [ns], looks of the episode, and the images by camera."""


class CameraTopics:
    """Publishes frames, and the poses of the cameras whenever an episode has new ones."""

    def __init__(
        self, node: Node, cameras: dict[str, PlacedCamera], looks: Appearance, published: str
    ) -> None:
        """Create the publishers.

        Args:
            node: publishes.
            cameras: by name, as they were placed.
            looks: of the first episode.
            published: which cameras to describe, see `published_camera`.

        Raises:
            SimError: no camera_info describes what is drawn.
        """
        self._cameras, self._published = cameras, published
        # Refused now, before anything is published.
        published_cameras(cameras, looks, published)
        self._episode: int | None = None
        self._infos: dict[str, CameraInfo] = {}
        seen = {name: placed.camera for name, placed in cameras.items()}
        self._image_pubs = {
            name: node.create_publisher(image_type(camera), camera.image_topic, SENSOR)
            for name, camera in seen.items()
        }
        self._info_pubs, self._pose_pubs = (
            {name: node.create_publisher(kind, f'{seen[name].topic}/{end}', qos) for name in seen}
            for kind, end, qos in (
                (CameraInfo, 'camera_info', SENSOR),
                (PoseStamped, 'pose', LATCHED),
            )
        )

    def send(self, frame: Frame) -> None:
        """Publish a frame, stamped with its capture time."""
        time_ns, looks, images = frame
        if looks.episode != self._episode:
            self._describe(time_ns, looks)
        for name, placed in self._cameras.items():
            msg = camera_msg(placed.camera, images[name], time_ns)
            self._infos[name].header.stamp = msg.header.stamp
            self._image_pubs[name].publish(msg)
            self._info_pubs[name].publish(self._infos[name])

    def _describe(self, time_ns: int, looks: Appearance) -> None:
        """Publish the poses of an episode's cameras, and make their camera_info."""
        for name, placed in published_cameras(self._cameras, looks, self._published).items():
            self._infos[name] = camera_info_msg(placed)
            pose = camera_pose_msg(placed)
            pose.header.stamp = to_time(time_ns)
            self._pose_pubs[name].publish(pose)
        self._episode = looks.episode
