"""The double of ros2_control over DDS, in real time.

    python -m support.fake_robot.ros2_control_node --ros-args -p setup:=split -p lag_s:=0.02

One node controller_manager and one node per controller, named like it, with its parameters and
topics: ~/joint_trajectory, ~/commands, joint_states. Beside the real ones there are services for
who plays the operator:

- <controller>/set_active (SetBool): switches a controller.
- fake_robot/move_by_hand (Trigger): moves the parameter hand_joint by hand_delta [rad] in hand_s.
- fake_robot/dump (Trigger): writes what the motors got to the file log_path (.npz) and answers
  with what each controller took and said, as JSON.
- fake_robot/forget (Trigger): empties that log.

Without control_msgs gripper controllers have no action server and nothing shows controller_state.
"""

from dataclasses import asdict
from functools import partial
import json
import sys
import threading
import time
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSPresetProfiles
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from support.fake_robot.arm import ServoModel
from support.fake_robot.forward_command_controller import ForwardCommandController
from support.fake_robot.gripper_action_controller import GripperActionController
from support.fake_robot.ros2_control import Controller, Ros2Control
from support.fake_robot.serving import node_with, serve
from support.fake_robot.setups import setup
from trajectory_msgs.msg import JointTrajectory
from vla_contract.values import to_ns

# What rclcpp::SystemDefaultsQoS leaves to the middleware; Fast DDS then reads best effort.
_QOS = QoSPresetProfiles.SYSTEM_DEFAULT.value


class RobotNodes:
    """The nodes and the thread that runs the cycles."""

    def __init__(self) -> None:
        self.manager = Node('controller_manager')
        self._start_ns = time.time_ns() - time.monotonic_ns()
        self._offset_ns = to_ns(self._declare('clock_offset_s', 0.0))
        self._robot = self._create_robot()
        for name, default in {
            'hand_joint': self._robot.setup.joints[0], 'hand_delta': 0.1, 'hand_s': 1.0,
            'log_path': 'motors.npz',
        }.items():  # fmt: skip
            self._declare(name, default)
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._states_pub = self.manager.create_publisher(JointState, 'joint_states', _QOS)
        self.nodes = [self.manager]
        for name, controller in self._robot.controllers.items():
            self.nodes.append(self._controller_node(name, controller))
        for name, broadcaster in self._robot.broadcasters.items():
            self.nodes.append(node_with(name, asdict(broadcaster.parameters)))
        for name, answer in {
            'move_by_hand': self._on_hand, 'dump': self._on_dump, 'forget': self._on_forget,
        }.items():  # fmt: skip
            self.manager.create_service(Trigger, f'fake_robot/{name}', answer)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._thread.join()

    def _declare(self, name: str, default: Any) -> Any:
        return self.manager.declare_parameter(name, default).value

    def _create_robot(self) -> Ros2Control:
        declare = self._declare
        lag_s = declare('lag_s', 0.02)
        sagging, error = declare('sagging_joint', ''), declare('standing_error', 0.0)
        servo = ServoModel(
            lag_s,
            declare('dead_time_s', lag_s / 4.0),
            {sagging: error},
            declare('stiffness', 0.0),
        )
        return Ros2Control(
            setup(
                declare('setup', 'all_joints'),
                interpolate_from_desired_state=declare('interpolate_from_desired_state', False),
                cmd_timeout=declare('cmd_timeout', 0.0),
                cell=declare('cell', 'panda_table'),
                update_rate_hz=float(declare('update_rate', 1000)),
                joint_states_hz=declare('joint_states_hz', 100.0),
                splits_joint_states=declare('splits_joint_states', False),
                servo=servo,
            ),
            self._now_ns(),
            declare('log_s', 120.0),
        )

    def _controller_node(self, name: str, controller: Controller) -> Node:
        node = node_with(name, asdict(controller.parameters))
        node.create_service(SetBool, '~/set_active', partial(self._on_set_active, name))
        if isinstance(controller, GripperActionController):
            node.get_logger().warning('no action server: control_msgs is not modelled here')
        elif isinstance(controller, ForwardCommandController):
            take = partial(self._take, name, node.get_logger())
            node.create_subscription(
                Float64MultiArray, '~/commands', lambda msg: take(msg.data), _QOS
            )
        else:
            take = partial(self._take, name, node.get_logger())
            node.create_subscription(JointTrajectory, '~/joint_trajectory', take, _QOS)
        return node

    def _now_ns(self) -> int:
        return self._start_ns + time.monotonic_ns() + self._offset_ns

    def _run(self) -> None:
        period_s = self._robot.period_ns * 1e-9
        while not self._ending.is_set():
            # A quarter of what Event.wait() costs, a thousand times a second.
            time.sleep(period_s)
            with self._lock:
                self._advance()

    def _advance(self) -> None:
        """Run what is due, however late: what a loaded machine delays, the arm does not feel."""
        for msg in self._robot.advance_to(self._now_ns()):
            self._states_pub.publish(msg)

    def _take(self, name: str, logger: Any, command: Any) -> None:
        with self._lock:
            self._advance()
            before = self._robot.refused(name)
            self._robot.send(name, command)
            if self._robot.refused(name) > before:
                logger.error(self._robot.controllers[name].errors[-1])

    def _on_set_active(self, name: str, request: Any, response: Any) -> Any:
        with self._lock:
            self._advance()
            response.success = self._robot.switch(name, request.data)
            response.message = '' if response.success else self._robot.errors[-1]
        return response

    def _on_hand(self, request: Any, response: Any) -> Any:
        values = (
            self.manager.get_parameter(name).value
            for name in ('hand_joint', 'hand_delta', 'hand_s')
        )
        with self._lock:
            self._advance()
            self._robot.moved_by_hand(*values)
        response.success = True
        return response

    def _on_forget(self, request: Any, response: Any) -> Any:
        with self._lock:
            self._robot.log.clear()
        response.success = True
        return response

    def _on_dump(self, request: Any, response: Any) -> Any:
        with self._lock:
            self._advance()
            robot = self._robot
            arrays = robot.log.times_ns, robot.log.commands, robot.log.positions
            said = {
                name: {
                    'active': controller.is_active,
                    'accepted': controller.accepted,
                    'refused': controller.errors.total,
                    'errors': sorted(set(controller.errors)),
                    'warnings': sorted(set(controller.warnings)),
                }
                for name, controller in robot.controllers.items()
            }
            said['controller_manager'] = {'errors': list(robot.errors)}
        path = self.manager.get_parameter('log_path').value
        names = ('times_ns', 'commands', 'positions')
        values = dict(zip(names, arrays, strict=True))
        np.savez(path, joints=np.array(robot.setup.joints), **values)
        response.success, response.message = True, json.dumps(said)
        return response


if __name__ == '__main__':
    sys.exit(serve(RobotNodes))
