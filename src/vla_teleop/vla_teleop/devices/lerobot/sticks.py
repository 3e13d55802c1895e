"""Sticks and keys of LeRobot: deflections of a tool, the gripper, and who commands."""

from collections.abc import Mapping
import inspect
from typing import Any

from vla_lerobot.drivers.motors.scale import Encoder
from vla_lerobot.drivers.robot_class import one_line
from vla_teleop.devices.device import Clock
from vla_teleop.devices.device_file import DeviceFile
from vla_teleop.devices.errors import DeviceError
from vla_teleop.devices.reading import Deflection, Press, Reading

# LeRobot's numbers of its gripper: 0 close, 1 stay, 2 open.
_STAY = 1.0
# Of a keyboard, as of that of a terminal.
_KEYS = {'t': Press.TAKE_OVER, 'b': Press.HAND_BACK}


class Sticks:
    """A gamepad or the keys of LeRobot as a device; see `Device`.

    Its action is a deflection of -1 to 1 along x, y, z. A gamepad counts while its right upper
    button is held, which is what LeRobot calls an intervention, and the press takes over; what it
    calls success hands back. Keys count while one is held that moves something.
    """

    encoders: Mapping[str, Encoder] = {}
    can_be_led = False

    def __init__(self, file: DeviceFile, teleoperator: Any, clock_ns: Clock) -> None:
        """Take a teleoperator that is not connected."""
        self._file, self._sticks, self._clock_ns = file, teleoperator, clock_ns
        self._was_engaged = False
        self._keys: set[object] = set()

    def connect(self) -> None:
        """See `Device`."""
        kind = self._file.options['type']
        try:
            connect = self._sticks.connect
            has_choice = 'calibrate' in inspect.signature(connect).parameters
            connect(calibrate=False) if has_choice else connect()
        except Exception as error:
            raise DeviceError(f'{self._file.name}: {kind}: {one_line(error)}') from error
        if not self._is_there():
            self.close()
            raise DeviceError(
                f'{self._file.name}: {kind}: found none that answers; allowed: one that is '
                'plugged in, or for keys a desktop with X11'
            )

    def read(self) -> Reading:
        """See `Device`."""
        action = self._sticks.get_action()
        stamp_ns = self._clock_ns()
        x, y, z = (float(action[f'delta_{axis}']) for axis in 'xyz')
        gripper = float(action.get('gripper', _STAY)) - _STAY
        if hasattr(self._sticks, 'misc_keys_queue'):
            is_engaged, presses = any((x, y, z, gripper)), self._pressed_keys()
        else:
            is_engaged, presses = self._events()
        return Reading(
            stamp_ns,
            deflection=Deflection(linear=(x, y, z)),
            gripper=gripper,
            is_engaged=is_engaged,
            presses=presses,
        )

    def lead(self, numbers: Mapping[str, float]) -> None:
        """See `Device`: it has no motors."""
        raise DeviceError(f'{self._file.name}: found no motors to lead')

    def release(self) -> None:
        """See `Device`: it has no motors."""

    def close(self) -> None:
        """See `Device`."""
        if self._sticks.is_connected:
            self._sticks.disconnect()

    def _pressed_keys(self) -> frozenset[Press]:
        """Return what newly pressed keys ask for.

        LeRobot's `get_teleop_events` forgets the keys that are held, so that they would move
        nothing until the keyboard repeats them.
        """
        queue, keys = self._sticks.misc_keys_queue, set()
        while not queue.empty():
            keys.add(queue.get_nowait())
        presses = frozenset(press for key, press in _KEYS.items() if key in keys - self._keys)
        self._keys = keys
        return presses

    def _events(self) -> tuple[bool, frozenset[Press]]:
        events = getattr(self._sticks, 'get_teleop_events', None)
        if events is None:
            return True, frozenset()
        said = {getattr(key, 'value', key): bool(value) for key, value in events().items()}
        is_engaged = said.get('is_intervention', False)
        presses = {Press.TAKE_OVER} if is_engaged and not self._was_engaged else set()
        if said.get('success'):
            presses = {Press.HAND_BACK}
        self._was_engaged = is_engaged
        return is_engaged, frozenset(presses)

    def _is_there(self) -> bool:
        """Return whether LeRobot found a device: it logs that it did not, and goes on."""
        pad = getattr(self._sticks, 'gamepad', None)
        return bool(self._sticks.is_connected) and (pad is None or bool(pad.running))
