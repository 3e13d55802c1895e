"""The node lerobot_robot: a LeRobot Robot class as a driver, for arms without one for ROS.

It ends, also by Ctrl-C, with the torque on: the motors hold their last position. Only the service
lerobot_robot/release takes the torque, and then the arm falls.
"""

from array import array
from functools import partial
import sys
from typing import Any

from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.errors import VlaError
from vla_contract.ros.messages.images import camera_msg, image_type
from vla_contract.ros.messages.stamps import to_time
from vla_contract.ros.node.diagnostics import DiagnosticsPublisher, ERROR, Health, OK, WARN
from vla_contract.ros.node.lifecycle import run_node, VlaNode
from vla_contract.ros.qos import SENSOR, STATE
from vla_contract.values import Image, to_ns, Vector
from vla_lerobot.drivers.bus_thread import BusThread
from vla_lerobot.drivers.camera_thread import CameraThread
from vla_lerobot.drivers.commands.inbox import CommandInbox
from vla_lerobot.drivers.config import LerobotRobotConfig
from vla_lerobot.drivers.cycle import DriverCycle
from vla_lerobot.drivers.driver_file import load_driver_file
from vla_lerobot.drivers.in_cell import driven_joints, first_steps, published_cameras
from vla_lerobot.drivers.lerobot_link import LerobotLink
from vla_lerobot.drivers.link import Link
from vla_lerobot.drivers.robot_class import make_cameras
from vla_lerobot.drivers.ros.channel_inputs import ChannelInput, channels_for
from vla_lerobot.drivers.status import driver_status

_LEVELS = (OK, WARN, ERROR)


class LerobotRobot(VlaNode):
    """Publishes what the motors measure, and obeys the channels of the robot's file.

    It opens the robot when it is activated, and lets go of it, holding, when it is deactivated.
    """

    settings_type = LerobotRobotConfig

    def __init__(self) -> None:
        """Declare the parameters."""
        super().__init__('lerobot_robot')
        self._bus: BusThread | None = None
        self._cameras: list[CameraThread] = []

    def build(self, settings: LerobotRobotConfig) -> None:
        """Read the files, and listen to the channels; no motor is asked yet."""
        cell = load_cell_of(settings.deployment, settings.cell)
        self._config, self._file = settings, load_driver_file(settings.driver)
        self._joints = driven_joints(self._file, cell)
        self._names = tuple(joint.name for joint in self._joints)
        channels = channels_for(cell, self._names, settings.command_interface)
        self._inbox = CommandInbox(
            self._names,
            first_steps(self._joints, cell, settings.first_step_rad),
            to_ns(settings.command_timeout_s),
            [channel.name for channel in channels],
        )
        self._inputs = [
            ChannelInput(self, channel, self._names, self._inbox, self.now_ns)
            for channel in channels
        ]
        self._joints_pub = self.create_publisher(JointState, 'joint_states', STATE)
        self._cell_cameras = published_cameras(self._file, cell)
        self._image_pubs = {
            name: self.create_publisher(image_type(camera), camera.image_topic, SENSOR)
            for name, camera in self._cell_cameras.items()
        }
        self.create_service(SetBool, 'lerobot_robot/release', self._on_release)
        self._diagnostics = DiagnosticsPublisher(self, self._check)
        self._said = ''

    def start(self) -> None:
        """Open the robot and its cameras; the arm holds where it stands."""
        self._inbox.forget()
        self._bus = BusThread(self._open, self._cycle, self._config.rate_hz)
        try:
            for name, camera in make_cameras(self._file).items():
                self._cameras.append(CameraThread(name, camera, self.now_ns, self._on_frame))
        except VlaError:
            self.destroy()
            raise

    def stop(self) -> None:
        """Let go of the robot; the motors hold."""
        self.destroy()

    def destroy(self) -> None:
        """End the threads; the motors hold."""
        bus, self._bus = self._bus, None
        cameras, self._cameras = self._cameras, []
        for camera in cameras:
            camera.close()
        if bus is not None:
            bus.close()

    def _open(self) -> Link:
        link = LerobotLink(self._file, self._joints)
        if link.may_fall:
            self.get_logger().warning(
                f'{self._file.type} has no serial bus of LeRobot: whether the arm holds when this '
                'node ends is up to its class'
            )
        return link

    def _cycle(self, link: Link) -> DriverCycle:
        return DriverCycle(link, self._inbox, self._config, self._on_joints, self.now_ns)

    def _on_joints(self, stamp_ns: int, position: Vector) -> None:
        # LeRobot's classes measure positions only; no velocity is not a velocity of zero.
        msg = JointState(name=list(self._names), position=array('d', position))
        msg.header.stamp = to_time(stamp_ns)
        self._joints_pub.publish(msg)

    def _on_frame(self, name: str, stamp_ns: int, image: Image) -> None:
        self._image_pubs[name].publish(camera_msg(self._cell_cameras[name], image, stamp_ns))

    def _on_release(self, request: SetBool.Request, response: SetBool.Response) -> Any:
        """Take the torque (true) or give it where the arm stands (false)."""
        order = DriverCycle.release if request.data else DriverCycle.hold
        try:
            if self._bus is None:
                raise VlaError('lerobot_robot is not active')
            self._bus.call(partial(order))
        except VlaError as error:
            response.success, response.message = False, str(error)
        else:
            response.success = True
            response.message = 'torque is off' if request.data else 'the arm holds'
        return response

    def _check(self) -> Health:
        if self._bus is None:
            return Health(WARN, 'not active', {})
        found = driver_status(self._bus.cycle, self._inbox, self._cameras)
        if found.level and found.message != self._said:
            self.get_logger().warning(found.message)
        self._said = found.message
        return Health(_LEVELS[found.level], found.message, found.values)


def main() -> int:
    """Run the node."""
    return run_node(LerobotRobot)


if __name__ == '__main__':
    sys.exit(main())
