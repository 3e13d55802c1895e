"""The images of a simulated world, stamped by the clock of the robot."""

from rclpy.node import Node
from vla_contract.values import Image, to_ns
from vla_sim_bridge.cameras.published_camera import NOMINAL
from vla_sim_bridge.cameras.render_thread import RenderThread
from vla_sim_bridge.physics.rate_divider import RateDivider
from vla_sim_bridge.randomization.appearance import Appearance
from vla_sim_bridge.ros.camera_topics import CameraTopics
from vla_sim_bridge.scene.world import World


class Pictures:
    """Renders in a thread and publishes what comes."""

    def __init__(self, node: Node, world: World) -> None:
        """Create the publishers, and wait for an OpenGL context."""
        self._world = world
        self._cameras = CameraTopics(node, world.cameras, world.appearance, NOMINAL)
        rate_hz = max(camera.rate_hz for camera in world.cell.cameras)
        self._due = RateDivider(to_ns(1.0 / rate_hz))
        self._renderer = RenderThread(world, self._send, node.get_logger().fatal)

    def update(self, now_ns: int) -> None:
        """Take a picture when one is due."""
        if self._due.is_due(now_ns):
            world = self._world
            self._renderer.offer(now_ns, world.data.qpos.copy(), world.appearance)

    def close(self) -> None:
        """End the thread."""
        self._renderer.close()

    def _send(self, time_ns: int, looks: Appearance, images: dict[str, Image]) -> None:
        self._cameras.send((time_ns, looks, images))
