"""The nodes of controllers and controller managers, and what reaches the controllers of it."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Float64, Float64MultiArray
from support.fake_robot.graph.gripper_server import GripperServer
from support.fake_robot.gripper_action_controller import GripperActionController
from support.fake_robot.ros2_control import Ros2Control
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.channels import Channel, JOINT_TRAJECTORY
from vla_contract.ros.listening.unattended import taken, unattended_subscription

# What rclcpp::SystemDefaultsQoS leaves to the middleware; Fast DDS then reads best effort.
_COMMANDS = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)


class ControllerNodes:
    """One node per controller, with its parameters and its topic or action.

    Attributes:
        nodes: for an executor.
    """

    def __init__(self, robot: Ros2Control, lock: Any) -> None:
        """Begin without any; the lock guards the robot."""
        self.nodes: list[Node] = []
        self._robot, self._lock = robot, lock
        self._managed: set[str] = set()
        self._grippers: list[GripperServer] = []
        self._commands: list[tuple[Any, Callable[[Any], None]]] = []
        self._scalings: list[Any] = []

    def create(self, channel: Channel) -> None:
        """Create the node of a channel's controller, and its manager's where it is the first."""
        controller = self._robot.controllers[channel.controller]
        namespace, _, name = channel.controller.rpartition('/')
        values = asdict(controller.parameters)
        if 'joints' in values:
            values['joints'] = [joint.removeprefix(channel.prefix) for joint in values['joints']]
        node = self._node(name, namespace, values)
        if isinstance(controller, GripperActionController):
            self._grippers.append(GripperServer(node, channel, self._robot, self._lock))
            return
        if namespace not in self._managed:
            self._managed.add(namespace)
            rate_hz = round(self._robot.setup.update_rate_hz)
            self._node('controller_manager', namespace, {'update_rate': rate_hz})
        kind = JointTrajectory if channel.kind == JOINT_TRAJECTORY else Float64MultiArray
        topic = channel.endpoint.rpartition('/')[2]
        subscription = unattended_subscription(node, kind, f'~/{topic}', _COMMANDS)
        self._commands.append((subscription, partial(self._take, channel, node.get_logger())))
        if scaling := channel.speed_scaling_topic:
            self._scalings.append(node.create_publisher(Float64, scaling, 10))

    def take_commands(self) -> None:
        """Hand over what has come; with the lock held, before every cycle.

        An executor beside the thread of the cycles would hand it over late.
        """
        for subscription, take in self._commands:
            for msg in taken(subscription):
                take(msg)

    def answer(self) -> None:
        """Send the results of goals that have ended."""
        for gripper in self._grippers:
            gripper.poll()

    def say_speed(self) -> None:
        """Publish that the robot permits all of its speed, where it says so [percent]."""
        for publisher in self._scalings:
            publisher.publish(Float64(data=100.0))

    def _node(self, name: str, namespace: str, parameters: dict[str, Any]) -> Node:
        node = Node(name, namespace=namespace)
        for key, value in parameters.items():
            if value != ():
                node.declare_parameter(key, list(value) if isinstance(value, tuple) else value)
        self.nodes.append(node)
        return node

    def _take(self, channel: Channel, logger: Any, msg: Any) -> None:
        if isinstance(msg, JointTrajectory):
            msg.joint_names = [channel.prefix + name for name in msg.joint_names]
        before = self._robot.refused(channel.controller)
        given = msg if isinstance(msg, JointTrajectory) else msg.data
        self._robot.send(channel.controller, given)
        if self._robot.refused(channel.controller) > before:
            logger.error(self._robot.controllers[channel.controller].errors[-1])
