"""The keys of the terminal in which the node runs, as a device that moves a tool."""

from collections.abc import Mapping
from dataclasses import dataclass
import threading

from vla_contract.cli.terminal_keys import TerminalKeys
from vla_contract.deployment.cell import Cell
from vla_contract.errors import SettingError
from vla_contract.schema import build, setting
from vla_contract.values import to_ns
from vla_lerobot.drivers.motors.scale import Encoder
from vla_teleop.devices.device import Clock, Device
from vla_teleop.devices.device_file import DeviceFile
from vla_teleop.devices.errors import DeviceError
from vla_teleop.devices.keys.bindings import HeldKeys, keys_line
from vla_teleop.devices.reading import Reading


@dataclass(frozen=True)
class KeyboardOptions:
    """Options of the device keyboard."""

    hold_s: float = setting(
        0.15,
        doc='how long a key counts after it came: longer than the pause between two repetitions',
        unit='s',
        lower=0.04,
        upper=1.0,
    )


class Keyboard:
    """Keys of a terminal as a device; see `Device`. They count while they are held."""

    encoders: Mapping[str, Encoder] = {}
    can_be_led = False

    def __init__(self, name: str, options: KeyboardOptions, clock_ns: Clock) -> None:
        """Hold no key.

        Args:
            name: of the device file.
            options: of the file.
            clock_ns: of the stamps [ns].
        """
        self._name, self._clock_ns = name, clock_ns
        self._held = HeldKeys(to_ns(options.hold_s))
        self._lock = threading.Lock()
        self._terminal: TerminalKeys | None = None

    def press(self, key: str) -> None:
        """Take a key of the terminal."""
        with self._lock:
            is_known = self._held.press(key, self._clock_ns())
        if not is_known:
            print(keys_line(), flush=True)

    def connect(self) -> None:
        """See `Device`."""
        terminal = TerminalKeys(self.press).__enter__()
        if not terminal.is_active:
            raise DeviceError(
                f'{self._name}: keyboard: found no terminal in whose foreground this runs; '
                'allowed: one, such as that of `vla teleop run` or `ros2 run vla_teleop '
                'teleop_node`'
            )
        self._terminal = terminal
        print(keys_line(), flush=True)

    def read(self) -> Reading:
        """See `Device`."""
        now_ns = self._clock_ns()
        with self._lock:
            held, presses = self._held.held(now_ns), self._held.take_presses()
        return Reading(
            now_ns,
            deflection=held.deflection,
            gripper=held.gripper,
            is_engaged=held.is_any,
            presses=presses,
        )

    def lead(self, numbers: Mapping[str, float]) -> None:
        """See `Device`: it has no motors."""
        raise DeviceError(f'{self._name}: found no motors to lead')

    def release(self) -> None:
        """See `Device`: it has no motors."""

    def close(self) -> None:
        """See `Device`: the terminal is as it was."""
        terminal, self._terminal = self._terminal, None
        if terminal is not None:
            terminal.__exit__()


def make_keyboard(file: DeviceFile, cell: Cell, clock_ns: Clock) -> Device:
    """Return the keyboard of a device file.

    Raises:
        SettingError: an option is unknown or out of range, or the file has joints.
    """
    if file.is_leader:
        raise SettingError(file.name, 'joints', 'a device that gives tool moves', 'tool')
    options = build(KeyboardOptions, file.options, file.name, 'options.')
    return Keyboard(file.name, options, clock_ns)
