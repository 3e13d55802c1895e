"""A robot of config/robots behind a double of its maker's driver, over DDS.

    python -m support.fake_robot.graph.robot_node --ros-args -p robot:=fr3 -p deployment:=FILE

One node per controller with its parameters and its topic or action (gripper actions need
control_msgs), joint_states as the driver publishes them, and the images of the cell. Behind the
controllers are the servos of a simulated world. Beside that, for who plays the operator:

- fake_robot/is_lifted (Bool): whether the object is.
- fake_robot/tidy_up (Trigger): object and arm are put where the episode `seed` begins, with the
  controllers off; what the motors got until then is written to motors_K.npz in `folder`.
- fake_robot/dump (Trigger): writes that too, and answers with what the controllers said, as JSON.
"""

import json
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
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from support.fake_robot.graph.controller_nodes import ControllerNodes
from support.fake_robot.graph.joint_publisher import JointPublisher
from support.fake_robot.graph.pictures import Pictures
from support.fake_robot.ros2_control import Ros2Control
from support.fake_robot.serving import serve
from support.fake_robot.vendors.robots import setup_of, state_topics
from support.fake_robot.vendors.simulated_arm import SimulatedArm
from vla_contract.deployment.channels import NONE
from vla_contract.deployment.deployment import load_deployment
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.qos import LATCHED
from vla_contract.values import to_ns
from vla_sim_bridge.scene.world import World

_CLOCK_NS = to_ns(0.01)
# Of its own clock, time that the machine was too slow for is left out beyond this.
_BEHIND_NS = to_ns(0.02)
_LOG_S = 300.0


class VendorRobot:
    """The nodes, and the thread that runs the cycles of the controller manager."""

    def __init__(self) -> None:
        self.manager = Node('fake_robot')
        declare = self.manager.declare_parameter
        name = declare('robot', 'ur5e_2f85').value
        deployment = load_deployment(declare('deployment', '').value)
        self._seed, self._folder = declare('seed', 0).value, Path(declare('folder', '.').value)
        self._has_clock = declare('publish_clock', True).value
        self._speed = declare('speed', 1.0).value if self._has_clock else 1.0
        self._cell = cell = deployment.cell
        self._world = World(deployment)
        self._world.reset(self._seed)
        setup = setup_of(name, cell)
        self._arm = SimulatedArm(self._world, 1.0 / setup.update_rate_hz)
        self._start_ns = time.time_ns() - time.monotonic_ns()
        start_ns = 1_000_000_000 if self._has_clock else self._now_ns()
        self._robot = Ros2Control(setup, start_ns, _LOG_S, self._arm)
        self._lock, self._ending = threading.RLock(), threading.Event()
        self._files, self._next_clock_ns, self._was_lifted = 0, start_ns, False
        self._controllers = ControllerNodes(self._robot, self._lock)
        for channel in cell.channels:
            if channel.kind != NONE:
                self._controllers.create(channel)
        self.nodes = [self.manager, *self._controllers.nodes]
        self._states = [
            JointPublisher(self.manager, topic, self._robot) for topic in state_topics(name, cell)
        ]
        self._clock_pub = self.manager.create_publisher(Clock, '/clock', QoSProfile(depth=10))
        self._lifted_pub = self.manager.create_publisher(Bool, 'fake_robot/is_lifted', LATCHED)
        for service, answer in {'tidy_up': self._on_tidy_up, 'dump': self._on_dump}.items():
            self.manager.create_service(Trigger, f'fake_robot/{service}', answer)
        self._pictures = Pictures(self.manager, self._world)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._pictures.close()

    def _now_ns(self) -> int:
        return self._start_ns + time.monotonic_ns()

    def _run(self) -> None:
        """Run what is due; with a clock of its own the robot waits for a machine that is busy."""
        offset_ns = self._robot.now_ns - int(self._speed * self._now_ns())
        while not self._ending.is_set():
            time.sleep(0.001)
            due_ns = int(self._speed * self._now_ns()) + offset_ns
            if self._has_clock and due_ns - self._robot.now_ns > _BEHIND_NS:
                offset_ns -= due_ns - self._robot.now_ns - _BEHIND_NS
                due_ns = self._robot.now_ns + _BEHIND_NS
            with self._lock:
                while self._robot.now_ns + self._robot.period_ns <= due_ns:
                    self._cycle()

    def _cycle(self) -> None:
        robot = self._robot
        self._controllers.take_commands()
        robot.advance_to(robot.now_ns + robot.period_ns)
        now_ns = robot.now_ns
        for states in self._states:
            states.update(now_ns)
        self._controllers.answer()
        self._pictures.update(now_ns)
        if now_ns >= self._next_clock_ns:
            self._next_clock_ns = now_ns - now_ns % _CLOCK_NS + _CLOCK_NS
            if self._has_clock:
                self._clock_pub.publish(Clock(clock=to_time(now_ns)))
            self._controllers.say_speed()
            if self._world.success != self._was_lifted:
                self._was_lifted = self._world.success
                self._lifted_pub.publish(Bool(data=self._was_lifted))

    def _on_tidy_up(self, request: Any, response: Any) -> Any:
        with self._lock:
            self._write()
            self._world.reset(self._seed)
            self._arm.placed()
            self._robot.restart()
        response.success = True
        return response

    def _on_dump(self, request: Any, response: Any) -> Any:
        with self._lock:
            self._write()
            said = {
                name: {
                    'active': controller.is_active,
                    'accepted': controller.accepted,
                    'refused': controller.errors.total,
                    'errors': sorted(set(controller.errors)),
                    'warnings': sorted(set(controller.warnings)),
                }
                for name, controller in self._robot.controllers.items()
            }
        said['controller_manager'] = {'errors': list(self._robot.errors)}
        response.success, response.message = True, json.dumps(said)
        return response

    def _write(self) -> None:
        """Write what the motors got since the last time, and begin anew."""
        log = self._robot.log
        np.savez(
            self._folder / f'motors_{self._files}.npz',
            joints=np.array(log.joints),
            times_ns=log.times_ns,
            commands=log.commands,
            positions=log.positions,
            claimed=log.claimed,
        )
        self._files += 1
        log.clear()


if __name__ == '__main__':
    os.environ.setdefault('MUJOCO_GL', 'egl')
    sys.exit(serve(VendorRobot))
