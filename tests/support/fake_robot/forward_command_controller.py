"""forward_command_controller of ros2_controllers 4.42: numbers straight to the interfaces.

JointGroupPositionController (position_controllers) is the same code with `position` fixed, and
MultiInterfaceForwardCommandController the same with several interfaces of one joint.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import math

from support.fake_robot.lines import Lines
from support.fake_robot.trajectory import Values


class UpdateError(Exception):
    """update() returned ERROR: the controller manager deactivates the controller."""


@dataclass(frozen=True)
class ForwardParameters:
    """The controller's parameters: joints in the order of the numbers, and their interface."""

    joints: tuple[str, ...]
    interface_name: str = 'position'


class ForwardCommandController:
    """Writes the last command that it got, whole or not at all."""

    def __init__(self, parameters: ForwardParameters) -> None:
        self.parameters = parameters
        self.joints = parameters.joints
        self.is_active = False
        self.errors = Lines()
        self.warnings = Lines()
        self.accepted = 0
        self._command: Values = ()
        self._reset()

    def activate(self) -> None:
        """Forget what came before, as on_activate does: nothing is written until a command."""
        self._reset()
        self.is_active = True

    def deactivate(self) -> None:
        """Forget the command, as on_deactivate does; the interfaces keep it."""
        self._reset()
        self.is_active = False

    def on_message(self, data: Sequence[float], now_ns: int = 0) -> bool:
        """Take numbers of any count, as the subscription of on_configure does.

        Returns:
            False when one is not finite (the message is dropped) or the controller is inactive.
        """
        if not all(map(math.isfinite, data)):
            self.warnings.append('Non-finite value received. Dropping message')
            return False
        self._command = tuple(data)
        self.accepted += self.is_active
        return self.is_active

    def update(self) -> Values | None:
        """Return what to write, None before the first command.

        Raises:
            UpdateError: the command has another size than there are interfaces; follows
                ForwardControllersBase::update.
        """
        # Of an empty command all values are NaN too, so it is ignored.
        if all(map(math.isnan, self._command)):
            return None
        if len(self._command) != len(self.joints):
            line = (
                f'command size ({len(self._command)}) does not match number of interfaces '
                f'({len(self.joints)})'
            )
            self.errors.append(line)
            raise UpdateError(line)
        return self._command

    def _reset(self) -> None:
        # reset_controller_reference_msg overwrites the values there are and keeps their count.
        self._command = (math.nan,) * len(self._command)
