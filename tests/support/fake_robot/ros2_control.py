"""A controller manager with its controllers and an arm, stepped in simulated time.

robot = Ros2Control(setup('all_joints', lag_s=0.02))
robot.send('joint_trajectory_controller', msg)
robot.advance_to(robot.now_ns + 10_000_000)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
import math

from sensor_msgs.msg import JointState
from support.fake_robot.arm import Arm, ServoModel
from support.fake_robot.forward_command_controller import (
    ForwardCommandController,
    ForwardParameters,
    UpdateError,
)
from support.fake_robot.gripper_action_controller import GripperActionController, GripperParameters
from support.fake_robot.joint_state_broadcaster import BroadcasterParameters, JointStateBroadcaster
from support.fake_robot.joint_trajectory_controller import (
    JointTrajectoryController,
    TrajectoryParameters,
)
from support.fake_robot.lines import Lines
from support.fake_robot.motor_log import MotorLog
from support.fake_robot.trajectory import Point
from support.fake_robot.vendors.grippers import (
    FrankaGripper,
    FrankaParameters,
    XarmGripper,
    XarmParameters,
)
from vla_contract.values import to_ns

Parameters = TrajectoryParameters | ForwardParameters | GripperParameters
Controller = JointTrajectoryController | ForwardCommandController | GripperActionController


@dataclass(frozen=True)
class Setup:
    """A robot under ros2_control, as data.

    Args:
        joints: all joints.
        home: where they stand at first [rad or m].
        controllers: by name; those that start active.
        broadcasters: by name, all active.
        servo: how the joints follow.
        update_rate_hz: the controller manager's.
        spares: controllers that are loaded and not active.
    """

    joints: tuple[str, ...]
    home: tuple[float, ...]
    controllers: dict[str, Parameters]
    broadcasters: dict[str, BroadcasterParameters]
    servo: ServoModel = field(default_factory=ServoModel)
    update_rate_hz: float = 1000.0
    spares: dict[str, Parameters] = field(default_factory=dict)


class Ros2Control:
    """The controller manager: read, update, write, at its rate."""

    def __init__(
        self,
        setup: Setup,
        now_ns: int = 1_000_000_000,
        log_s: float = 120.0,
        arm: Arm | None = None,
    ) -> None:
        """Start all controllers at a time.

        Args:
            setup: what there is.
            now_ns: the first cycle comes one period later.
            log_s: how much of the newest past the log keeps [s].
            arm: instead of one with the servos of the set-up.
        """
        self.setup = setup
        self.now_ns = now_ns
        self._cycles = 0
        self._hands: list[tuple[str, float, int]] = []
        self.errors = Lines()
        self.period_ns = to_ns(1.0 / setup.update_rate_hz)
        self.arm = arm or Arm(setup.joints, setup.home, setup.servo, self.period_ns * 1e-9)
        self.commands = [math.nan] * len(setup.joints)
        self._claimed = [False] * len(setup.joints)
        self.log = MotorLog(setup.joints, max(int(log_s * setup.update_rate_hz), 3))
        self.controllers: dict[str, Controller] = {
            name: _controller(parameters, setup.update_rate_hz)
            for name, parameters in {**setup.controllers, **setup.spares}.items()
        }
        self.broadcasters = {
            name: JointStateBroadcaster(parameters, self.arm)
            for name, parameters in setup.broadcasters.items()
        }
        self._columns = {
            name: [setup.joints.index(joint) for joint in controller.joints]
            for name, controller in self.controllers.items()
        }
        for name in setup.controllers:
            self.switch(name, True)
        for broadcaster in self.broadcasters.values():
            broadcaster.activate()

    def advance_to(self, now_ns: int) -> list[JointState]:
        """Run every cycle that is due by now and return what the broadcasters published."""
        published = []
        while self.now_ns + self.period_ns <= now_ns:
            published += self._cycle(self.now_ns + self.period_ns)
        return published

    def send(self, name: str, command: object) -> bool:
        """Hand a controller a message (or a gripper a goal) between two cycles."""
        controller = self.controllers[name]
        if isinstance(controller, GripperActionController):
            return controller.on_goal(command, self.now_ns) is not None
        return controller.on_message(command, self.now_ns)

    def switch(self, name: str, active: bool) -> bool:
        """Activate or deactivate a controller; a joint that another one claims refuses it."""
        controller = self.controllers[name]
        if active == controller.is_active:
            return True
        if not active:
            self._deactivate(name)
            return True
        for joint in controller.joints:
            if self.is_claimed(joint):
                self.errors.append(f'Resource conflict: {joint} of {name} is claimed already')
                return False
        columns = self._columns[name]
        for column in columns:
            self._claimed[column] = True
        position = tuple(self.arm.position[i] for i in columns)
        velocity = tuple(self.arm.velocity[i] for i in columns)
        written = [self.commands[i] for i in columns]
        if isinstance(controller, JointTrajectoryController):
            controller.activate(Point(self.now_ns, position, velocity), written)
        elif isinstance(controller, GripperActionController):
            controller.activate(position[0])
        else:
            controller.activate()
        return True

    def moved_by_hand(self, joint: str, delta: float, over_s: float = 0.0) -> None:
        """Move a joint by hand.

        Under an active controller its servo pulls it back. Otherwise the driver follows the hand,
        as in hand guiding or free drive, and so do the commands that it shows.

        Args:
            joint: name.
            delta: how far [rad].
            over_s: how long that takes, from the next cycle on; 0 for one cycle [s].
        """
        cycles = max(round(over_s * self.setup.update_rate_hz), 1)
        self._hands.append((joint, delta / cycles, self._cycles + cycles))

    def restart(self) -> None:
        """Switch every active controller off and on where the arm stands now.

        As after somebody has led the arm there: nothing is written that was meant for elsewhere.
        """
        active = [name for name, controller in self.controllers.items() if controller.is_active]
        for name in active:
            self.switch(name, False)
        self.commands = [math.nan] * len(self.setup.joints)
        for name in active:
            self.switch(name, True)

    def is_claimed(self, joint: str) -> bool:
        """Return whether an active controller commands a joint."""
        return self._claimed[self.setup.joints.index(joint)]

    def refused(self, name: str) -> int:
        """Return how many errors a controller has said."""
        return self.controllers[name].errors.total

    def _cycle(self, time_ns: int) -> list[JointState]:
        self.arm.step(self.commands)
        self._push()
        self.now_ns = time_ns
        self._cycles += 1
        for name, controller in self.controllers.items():
            if controller.is_active:
                self._update(name, controller, time_ns)
        published = [b.update(time_ns) for b in self.broadcasters.values() if b.is_active]
        self.log.add(time_ns, self.commands, self.arm.position, self._claimed)
        return [msg for msg in published if msg is not None]

    def _push(self) -> None:
        self._hands = [hand for hand in self._hands if self._cycles < hand[2]]
        for joint, delta, _ in self._hands:
            if self.is_claimed(joint):
                self.arm.moved_by_hand(joint, delta)
            else:
                column = self.setup.joints.index(joint)
                self.commands[column] = self.arm.follow_by_hand(joint, delta)

    def _deactivate(self, name: str) -> None:
        self.controllers[name].deactivate()
        for column in self._columns[name]:
            self._claimed[column] = False

    def _update(self, name: str, controller: Controller, time_ns: int) -> None:
        columns = self._columns[name]
        position = [self.arm.position[i] for i in columns]
        velocity = [self.arm.velocity[i] for i in columns]
        written: Sequence[float] | None
        if isinstance(controller, JointTrajectoryController):
            before = [self.commands[i] for i in columns]
            written = controller.update(time_ns, self.period_ns, position, velocity, before)
        elif isinstance(controller, GripperActionController):
            written = [controller.update(time_ns, position[0], velocity[0])]
        else:
            try:
                written = controller.update()
            except UpdateError:
                self.errors.append(
                    f'Deactivating controllers : [ {name} ] as their update resulted in an error!'
                )
                self._deactivate(name)
                return
        if written is not None:
            for column, value in zip(columns, written, strict=True):
                self.commands[column] = value


def _controller(parameters: Parameters, update_rate_hz: float) -> Controller:
    if isinstance(parameters, TrajectoryParameters):
        return JointTrajectoryController(parameters, update_rate_hz)
    if isinstance(parameters, ForwardParameters):
        return ForwardCommandController(parameters)
    if isinstance(parameters, FrankaParameters):
        return FrankaGripper(parameters)
    if isinstance(parameters, XarmParameters):
        return XarmGripper(parameters)
    return GripperActionController(parameters)
