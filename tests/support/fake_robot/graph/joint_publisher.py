"""What a driver publishes of its joints on one topic."""

from rclpy.node import Node
from rclpy.qos import QoSPresetProfiles
from sensor_msgs.msg import JointState
from support.fake_robot.gripper_action_controller import GripperActionController
from support.fake_robot.joint_state_broadcaster import JointStateBroadcaster
from support.fake_robot.ros2_control import Ros2Control
from support.fake_robot.vendors.robots import StateTopic
from vla_contract.values import to_ns

_QOS = QoSPresetProfiles.SYSTEM_DEFAULT.value
# xarm_driver.cpp, until the first goal.
_IDLE_NS = to_ns(0.5)


class JointPublisher:
    """Publishes under the driver's own names."""

    def __init__(self, node: Node, topic: StateTopic, robot: Ros2Control) -> None:
        """Create the publisher."""
        self._robot, self._topic = robot, topic
        self._broadcaster = JointStateBroadcaster(topic.broadcaster, robot.arm)
        names = self._broadcaster.names
        self._names = [name.removeprefix(topic.prefix) for name in names]
        self._publisher = node.create_publisher(JointState, topic.topic, _QOS)
        self._gripper = next(
            (
                controller
                for controller in robot.controllers.values()
                if isinstance(controller, GripperActionController)
                and set(controller.joints) == set(names)
            ),
            None,
        )
        self._idle_ns = 0

    def update(self, time_ns: int) -> None:
        """Publish if it is time."""
        msg = self._broadcaster.update(time_ns)
        if msg is None or (self._topic.on_goals and not self._is_spoken_of(time_ns)):
            return
        msg.name = self._names
        self._publisher.publish(msg)

    def _is_spoken_of(self, time_ns: int) -> bool:
        if self._gripper is None:
            return True
        if self._gripper.accepted:
            return self._gripper.is_busy
        if time_ns < self._idle_ns:
            return False
        self._idle_ns = time_ns + _IDLE_NS
        return True
