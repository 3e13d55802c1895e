"""The node fake_robot: topics and services of an arm under ros2_control, and of its camera.

    python -m support.fake_robot.driver --ros-args -p drop_share:=0.02

It differs from the simulator's node as drivers do: no truth about the task, stamps of the machine,
joints in the order of joint_state_broadcaster (by name) with one that is not ours, measured
effort, lost messages, and a protective stop of its own that no topic can lift. With publish_clock
it stamps by a clock of its own, so that a test does not depend on how fast the machine is.
"""

from dataclasses import asdict
import os
from pathlib import Path
import sys
import threading
import time
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from support.fake_robot.controller import FakeController
from support.fake_robot.joint_trajectory_controller import TrajectoryParameters
from support.fake_robot.serving import node_with, serve
from support.fake_robot.setups import ARM
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.deployment import DEFAULT, load_deployment
from vla_contract.joints.joint_messages import JointReader
from vla_contract.ros.messages.joints import joints_to_msg
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.qos import COMMAND, LATCHED, STATE
from vla_contract.stamps import from_stamp
from vla_contract.values import Image, JointSample, to_ns, Vector
from vla_sim_bridge.cameras.published_camera import NOMINAL
from vla_sim_bridge.cameras.render_thread import RenderThread
from vla_sim_bridge.physics.delivery import Delivery
from vla_sim_bridge.physics.paced_simulation import PacedSimulation, Tick
from vla_sim_bridge.physics.rate_divider import RateDivider
from vla_sim_bridge.randomization.appearance import Appearance
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.ros.camera_topics import CameraTopics
from vla_sim_bridge.scene.world import World

IMPERFECTIONS = str(Path(__file__).parent / 'imperfections.yaml')
FOREIGN_JOINT = 'lift_axis'
# Drivers report torque through a low pass; a simulated servo's own ripples with every command.
EFFORT_FILTER = 0.1


class FakeRobot(Node):
    """An arm at a table with a cube, seen from outside."""

    def __init__(self) -> None:
        super().__init__('fake_robot')
        value = self.declare_parameter
        names = {part: value(part, '').value for part in ('cell', 'task')}
        effort = {'robot.servo.measures_effort': True}
        deployment = load_deployment(
            value('deployment', DEFAULT).value, policy='hold', overrides=effort, **names
        )
        cell = deployment.cell
        drop_share = value('drop_share', 0.01).value
        world = World(
            deployment,
            load_randomization(value('imperfections', IMPERFECTIONS).value),
        )
        self._names = cell.joint_names
        controller = TrajectoryParameters(self._names, interpolate_from_desired_state=True)
        self.nodes = (self, node_with(ARM, asdict(controller)))
        self._rng = np.random.default_rng(1)
        self._drop_share = drop_share
        self._controller = FakeController(drop_share, seed=0)
        self._offset_ns = self._seed = 0
        self._has_clock = value('publish_clock', False).value
        self._lifted = False
        self._effort: Vector | None = None
        self._frames_due = RateDivider(to_ns(1.0 / cell.cameras[0].rate_hz))
        self._ending = threading.Event()
        self._create_interfaces()
        cameras = CameraTopics(self, world.cameras, world.appearance, NOMINAL)
        self._images = Delivery(cameras.send)
        self._renderer = RenderThread(world, self._deliver, self.get_logger().fatal)
        period_ns = to_ns(1.0 / cell.rates.joint_states_hz)
        self._simulation = PacedSimulation(
            world, period_ns, 1.0, time.monotonic_ns, self._ending.wait, self._on_tick
        )
        self._thread = threading.Thread(target=self._simulation.run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._renderer.close()

    def _create_interfaces(self) -> None:
        trajectory = 'joint_trajectory_controller/joint_trajectory'
        reader = JointReader(self._names, trajectory)
        self.create_subscription(
            JointTrajectory,
            trajectory,
            lambda msg: self._controller.offer(
                (from_stamp(msg.header.stamp), *reader.trajectory(msg))
            ),
            COMMAND,
        )
        self.create_subscription(
            Float64MultiArray,
            'forward_position_controller/commands',
            lambda msg: self._controller.offer((0, [0], np.array([msg.data]), None)),
            COMMAND,
        )
        self._joints_pub = self.create_publisher(JointState, 'joint_states', STATE)
        if self._has_clock:
            self._clock_pub = self.create_publisher(Clock, '/clock', QoSProfile(depth=10))
        # Only for who plays the operator: a real robot does not know it.
        self._lifted_pub = self.create_publisher(Bool, 'fake_robot/is_lifted', LATCHED)
        self.create_service(Trigger, 'fake_robot/tidy_up', self._on_tidy_up)
        self.create_service(SetBool, 'fake_robot/protective_stop', self._on_protective_stop)

    def _on_tick(self, tick: Tick) -> None:
        if self._has_clock:
            self._clock_pub.publish(Clock(clock=to_time(tick.time_ns)))
        else:
            self._offset_ns = self.get_clock().now().nanoseconds - tick.time_ns
        self._images.release(tick.time_ns)
        command = self._controller.take()
        if command is not None:
            stamp_ns, times_ns, *motion = command
            start_ns = stamp_ns - self._offset_ns if stamp_ns else tick.time_ns
            columns = list(range(len(self._names)))
            self._simulation.play('arm', columns, [start_ns + t for t in times_ns], *motion)
        if self._rng.random() >= self._drop_share:
            self._publish_joints(tick.joints)
        if self._frames_due.is_due(tick.time_ns):
            self._renderer.offer(tick.time_ns, tick.qpos, tick.appearance)
        if tick.success != self._lifted:
            self._lifted = tick.success
            self._lifted_pub.publish(Bool(data=tick.success))

    def _deliver(self, time_ns: int, looks: Appearance, images: dict[str, Image]) -> None:
        due_ns = time_ns + looks.vision_latency_ns(time_ns)
        self._images.add(due_ns, (time_ns + self._offset_ns, looks, images))

    def _publish_joints(self, joints: JointSample) -> None:
        """Publish by name, as joint_state_broadcaster does, with an axis that is not the arm's."""
        before = joints.effort if self._effort is None else self._effort
        self._effort = before + EFFORT_FILTER * (joints.effort - before)
        names = [*self._names, FOREIGN_JOINT]
        order = np.argsort(names)
        values = (
            np.append(value, 0.0)[order]
            for value in (joints.position, joints.velocity, self._effort)
        )
        stamp_ns = joints.stamp_ns + self._offset_ns
        msg = joints_to_msg(JointSample(stamp_ns, *values), [names[i] for i in order])
        self._joints_pub.publish(msg)

    def _on_tidy_up(self, request: Any, response: Any) -> Any:
        """Put the object back and the arm home, as a person does between two episodes."""
        self._seed += 1
        self._simulation.reset(self._seed)
        response.success, response.message = True, f'seed {self._seed}'
        return response

    def _on_protective_stop(self, request: Any, response: Any) -> Any:
        self._controller.is_stopped = request.data
        response.success = True
        return response


if __name__ == '__main__':
    os.environ.setdefault('MUJOCO_GL', 'egl')
    sys.exit(serve(FakeRobot))
