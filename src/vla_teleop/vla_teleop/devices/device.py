"""What the teleoperation needs of a device, and where devices come from by name."""

from collections.abc import Callable, Mapping
from typing import Protocol

from vla_contract.deployment.cell import Cell
from vla_contract.plugins import plugin
from vla_lerobot.drivers.motors.scale import Encoder
from vla_teleop.devices.device_file import DeviceFile
from vla_teleop.devices.reading import Reading

GROUP = 'vla_teleoperators'
Clock = Callable[[], int]


class Device(Protocol):
    """A device that a person holds; any of its methods may raise anything.

    One thread makes every call.
    """

    @property
    def encoders(self) -> Mapping[str, Encoder]:
        """What the motors' bus knows of them, by motor; empty where there is none. Once open."""

    @property
    def can_be_led(self) -> bool:
        """Whether its motors can bring it to a pose, and be switched off again."""

    def connect(self) -> None:
        """Open it; what can be led is limp afterwards."""

    def read(self) -> Reading:
        """Return what it says now."""

    def lead(self, numbers: Mapping[str, float]) -> None:
        """Command its motors, by its own names, in its own units; the first gives them torque."""

    def release(self) -> None:
        """Take the torque of its motors."""

    def close(self) -> None:
        """Let go of it, limp; survives one that is not open, or gone."""


Factory = Callable[[DeviceFile, Cell, Clock], Device]


def make_device(file: DeviceFile, cell: Cell, clock_ns: Clock) -> Device:
    """Return the device of a file, not opened.

    Args:
        file: says which kind, and its options.
        cell: that is commanded.
        clock_ns: of the stamps [ns].

    Raises:
        UnknownNameError: nobody offers such a device; lists those that there are.
        VlaError: its options are wrong, or a package is missing.
    """
    factory: Factory = plugin(GROUP, file.device, 'device')
    return factory(file, cell, clock_ns)
