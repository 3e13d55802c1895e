"""A robot under ros2_control, with a simulated world behind its servos, without DDS."""

from collections.abc import Sequence

import numpy as np
from support.fake_robot.motor_log import MotorLog
from support.fake_robot.ros2_control import Ros2Control
from support.fake_robot.vendors.direct_sender import DirectSender
from support.fake_robot.vendors.robots import setup_of
from support.fake_robot.vendors.simulated_arm import SimulatedArm
from vla_contract.values import JointSample
from vla_sim_bridge.scene.world import World


class ControlledRobot:
    """A robot under ros2_control."""

    def __init__(self, name: str, world: World) -> None:
        """Start its controllers."""
        setup = setup_of(name, world.cell)
        self._arm = SimulatedArm(world, 1.0 / setup.update_rate_hz)
        self.control = Ros2Control(setup, arm=self._arm)
        self._sender = DirectSender(world.cell, self.control)
        self.advance_to, self.send = self.control.advance_to, self._sender.send

    @property
    def now_ns(self) -> int:
        return self.control.now_ns

    @property
    def log(self) -> MotorLog:
        return self.control.log

    @property
    def sample(self) -> JointSample:
        """The joints now."""
        arm = self._arm
        return JointSample(self.now_ns, np.array(arm.position), np.array(arm.velocity))

    @property
    def complaints(self) -> Sequence[str]:
        """What all controllers said of what they did not take."""
        controllers = self.control.controllers.values()
        return [line for one in controllers for line in one.errors] + list(self.control.errors)

    @property
    def accepted(self) -> int:
        """How many messages and goals were taken."""
        return sum(one.accepted for one in self.control.controllers.values())

    def restart(self) -> None:
        """Switch the controllers off and on where the world was reset to."""
        self._arm.placed()
        self.control.restart()
