"""The node mujoco_bridge: a world that speaks the topics of the robot."""

import json
from pathlib import Path
import sys
import threading
import time
from typing import Any

from geometry_msgs.msg import PoseStamped
import mujoco
import numpy as np
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Bool, String
from std_srvs.srv import Trigger
from vla_contract.deployment.channels import default_channels, KINDS, simulated_channels
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.node.built import built
from vla_contract.ros.node.diagnostics import DiagnosticsPublisher, ERROR, Health, OK, WARN
from vla_contract.ros.node.lifecycle import run_node, VlaNode
from vla_contract.ros.qos import LATCHED, STATE
from vla_contract.transforms import xyzw_from_wxyz
from vla_contract.values import Image as Pixels
from vla_contract.values import to_ns
from vla_sim_bridge.cameras.render_thread import RenderThread
from vla_sim_bridge.physics.delivery import Delivery
from vla_sim_bridge.physics.paced_simulation import PacedSimulation, Tick
from vla_sim_bridge.physics.rate_divider import RateDivider
from vla_sim_bridge.randomization.appearance import Appearance
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.ros.bridge_config import BridgeConfig
from vla_sim_bridge.ros.camera_topics import CameraTopics
from vla_sim_bridge.ros.simulated_controller import SimulatedController
from vla_sim_bridge.ros.simulated_driver import SimulatedDriver
from vla_sim_bridge.ros.viewer import Viewer
from vla_sim_bridge.scene.world import World

_CLOCK = QoSProfile(depth=10)


class MujocoBridge(VlaNode):
    """Publishes images, camera_info, joint_states, clock and sim/success; takes commands."""

    settings_type = BridgeConfig

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__('mujoco_bridge')
        self._ending = threading.Event()
        self._physics: threading.Thread | None = None
        self._renderer: RenderThread | None = None
        self._viewer: Viewer | None = None
        self._said: dict[str, bool | str] = {}

    def build(self, settings: BridgeConfig) -> None:
        """Build the world, the threads' owners and every publisher and subscription."""
        deployment = load_deployment(
            settings.deployment,
            cell=settings.cell,
            policy=settings.policy_path,
            task=settings.task,
        )
        self._cell = cell = deployment.cell
        self._command_interface = settings.command_interface
        world = World(deployment, load_randomization(settings.randomization))
        cameras = CameraTopics(self, world.cameras, world.appearance, settings.published_camera)
        self._images = Delivery(cameras.send)
        self._renderer = RenderThread(world, self._publish_images, self.fail)
        self._simulation = PacedSimulation(
            world,
            to_ns(1.0 / settings.clock_hz),
            settings.speed,
            time.monotonic_ns,
            self._ending.wait,
            self._on_tick,
        )
        if not settings.headless:
            self._viewer = Viewer(world.model)
        self._joints_due = RateDivider(to_ns(1.0 / cell.rates.joint_states_hz))
        rate_hz = max(camera.rate_hz for camera in cell.cameras)
        self._frames_due = RateDivider(to_ns(1.0 / rate_hz))
        self._time_ns = self._samples = self._episode = 0
        self._mark = self._count()
        # The publishers are new: nobody has heard from them yet.
        self._said.clear()
        self._create_interfaces(list(world.extras()))

    def start(self) -> None:
        """Run the physics thread."""
        self._ending.clear()
        self._mark = self._count()
        self._physics = threading.Thread(target=self._run_physics, name='physics', daemon=True)
        self._physics.start()

    def stop(self) -> None:
        """End the physics thread; simulated time stands still."""
        self._ending.set()
        if self._physics is not None:
            self._physics.join()
            self._physics = None

    def destroy(self) -> None:
        """End the threads and free the OpenGL context."""
        self.stop()
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
        if self._viewer is not None:
            self._viewer.close()
            self._viewer = None

    def _create_interfaces(self, poses: list[str]) -> None:
        self._channels = [
            SimulatedController(self, channel, self._cell, self._simulation)
            for channel in simulated_channels(self._cell.channels)
            or default_channels(self._cell.joint_names, KINDS[self._command_interface])
        ]
        self.create_service(Trigger, 'sim/reset', self._on_reset)
        self._clock_pub = self.create_publisher(Clock, 'clock', _CLOCK)
        self._drivers = [
            SimulatedDriver(self, self._cell, source)
            for source in self._cell.joint_sources
            if source.joints
        ]
        self._latched_pubs = {
            'success': (self.create_publisher(Bool, 'sim/success', LATCHED), Bool),
            'failure': (self.create_publisher(String, 'sim/failure', LATCHED), String),
            'instruction': (self.create_publisher(String, 'instruction', LATCHED), String),
        }
        self._pose_pubs = {
            name: self.create_publisher(PoseStamped, f'sim/{name}', STATE) for name in poses
        }
        self._diagnostics = DiagnosticsPublisher(self, self._check)

    def _run_physics(self) -> None:
        try:
            self._simulation.run()
        except BaseException as error:  # noqa: BLE001 - a thread's exception would be lost
            self.fail(f'physics failed: {type(error).__name__}: {error}')

    def _on_tick(self, tick: Tick) -> None:
        self._time_ns = tick.time_ns
        if tick.appearance.episode != self._episode:
            # Images are taken at the same ages of every episode: a replay gives the same ones.
            self._episode = tick.appearance.episode
            self._frames_due.restart()
        self._images.release(tick.time_ns)
        stamp = to_time(tick.time_ns)
        self._clock_pub.publish(Clock(clock=stamp))
        if self._joints_due.is_due(tick.time_ns):
            self._samples += 1
            for driver in self._drivers:
                driver.publish(tick.joints)
        if self._frames_due.is_due(tick.time_ns):
            built(self._renderer).offer(tick.time_ns, tick.qpos, tick.appearance)
            self._publish_poses(tick)
            if self._viewer is not None:
                self._viewer.show(tick.qpos)
        self._publish_changes(tick)
        for channel in self._channels:
            channel.poll()

    def _publish_changes(self, tick: Tick) -> None:
        """Publish what is latched where it differs from what was said last."""
        now: dict[str, bool | str] = {
            'success': tick.success,
            'failure': tick.failure,
            'instruction': tick.instruction,
        }
        for name, value in now.items():
            if self._said.get(name) != value:
                self._said[name] = value
                publisher, kind = self._latched_pubs[name]
                publisher.publish(kind(data=value))

    def _publish_poses(self, tick: Tick) -> None:
        for name, pose in tick.extras.items():
            msg = PoseStamped()
            msg.header.stamp = to_time(tick.time_ns)
            msg.header.frame_id = self._cell.robot.model.base_frame
            position, orientation = msg.pose.position, msg.pose.orientation
            position.x, position.y, position.z = map(float, pose[:3])
            xyzw = map(float, xyzw_from_wxyz(pose[3:]))
            orientation.x, orientation.y, orientation.z, orientation.w = xyzw
            self._pose_pubs[name].publish(msg)

    def _publish_images(self, time_ns: int, looks: Appearance, images: dict[str, Pixels]) -> None:
        """Deliver images when their latency is over; their stamp stays that of capture."""
        self._images.add(time_ns + looks.vision_latency_ns(time_ns), (time_ns, looks, images))
        self._images.release(self._time_ns)

    def _on_reset(self, request: Any, response: Any) -> Any:
        seed = self.get_parameter('next_seed').value
        try:
            manifest = self._simulation.reset(seed, self._manifest_to_replay())
        except (VlaError, OSError, ValueError) as error:
            response.success, response.message = False, f'replay_manifest: {error}'
            return response
        self._said.clear()
        self.set_parameters(
            [Parameter('next_seed', value=seed + 1), Parameter('replay_manifest', value='')]
        )
        response.success, response.message = True, json.dumps(manifest)
        return response

    def _manifest_to_replay(self) -> dict[str, Any] | None:
        """Return the manifest that the parameter names, None for a new episode."""
        path = self.get_parameter('replay_manifest').value
        return json.loads(Path(path).read_text()) if path else None

    def _count(self) -> tuple[float, int, int, int]:
        """Return real time [s], simulated time [ns], and how many frames and samples came."""
        return time.monotonic(), self._time_ns, built(self._renderer).frames, self._samples

    def _check(self) -> Health:
        if self.has_failed:
            return Health(ERROR, self.failure, {})
        since, self._mark = self._mark, self._count()
        elapsed_s, time_ns, frames, samples = np.subtract(self._mark, since)
        if not self.is_active or elapsed_s <= 0.0:
            return Health(OK, 'inactive', {})
        rtf = time_ns / 1e9 / elapsed_s
        values = {
            'realtime_factor': rtf,
            'joint_states_hz': samples / elapsed_s,
            'camera_hz': frames / elapsed_s,
            'dropped_frames': built(self._renderer).dropped,
            'lost_s': self._simulation.lost_s,
            'gl_renderer': built(self._renderer).gl_renderer,
            'mujoco': mujoco.__version__,
        }
        slow = rtf < 0.9 * self.get_parameter('speed').value
        if slow:
            return Health(WARN, f'slower than asked: {rtf:.2f} x real time', values)
        software = 'llvmpipe' in built(self._renderer).gl_renderer
        return Health(OK, 'running, software renderer' if software else 'running', values)


def main() -> int:
    """Run the node."""
    return run_node(MujocoBridge)


if __name__ == '__main__':
    sys.exit(main())
