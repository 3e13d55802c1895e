"""A simulated SO-101 leader: LeRobot's class on simulated motors that a simulated hand moves."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
import tempfile
import weakref

from vla_contract.deployment.cell import Cell
from vla_contract.schema import build
from vla_contract.values import Vector
from vla_lerobot.drivers.simulated.motor import ShaftModel, SimulatedMotor
from vla_lerobot.drivers.simulated.port import SimulatedPort
from vla_lerobot.drivers.simulated.so101 import LIMITS, OFFSETS, write_calibration
from vla_teleop.devices.device import Clock, Device
from vla_teleop.devices.device_file import DeviceFile
from vla_teleop.devices.lerobot.leader import Leader
from vla_teleop.devices.lerobot.teleoperator_class import make_teleoperator
from vla_teleop.devices.reading import Reading
from vla_teleop.devices.simulated.hand import Hand, HandOptions
from vla_teleop.mapping.leader_joints import LeaderJoints

_ID = 'simulated'


class SimulatedLeader(Leader):
    """A leader whose motors and hand are simulated; everything between is LeRobot's.

    Attributes:
        port: with its motors.
    """

    def __init__(self, file: DeviceFile, cell: Cell, hand: HandOptions, clock_ns: Clock) -> None:
        """Prepare the motors, their calibration and the hand.

        Args:
            file: of the device, with joints by the motors' names of an SO-101.
            cell: whose rest position the hand goes to.
            hand: how it moves.
            clock_ns: of the stamps, and of the hand [ns].
        """
        self.port = SimulatedPort(_motors())
        self._folder = tempfile.TemporaryDirectory(prefix='vla_leader_')
        folder = Path(self._folder.name)
        write_calibration(folder, _ID)
        options = {'type': 'so101_leader', 'port': self.port.path, 'id': _ID}
        own = replace(file, options=options | {'calibration_dir': str(folder)})
        super().__init__(own, make_teleoperator(own), clock_ns)
        self._own_file, self._cell, self._hand_options = own, cell, hand
        self._began_ns = 0
        self._place: Mapping[int, float] | None = None
        # It can be opened again until nobody has it any more.
        weakref.finalize(self, self.port.close)

    def connect(self) -> None:
        """See `Device`."""
        super().connect()
        self._joints = LeaderJoints(self._own_file, self._cell, self.encoders)
        home = self._cell.home[self._joints.columns]
        self._hand = Hand(self._hand_options, home)

    def read(self) -> Reading:
        """See `Device`: the hand moves the motors first, unless they are led."""
        now_ns = self._clock_ns()
        if self._place is None:
            # Simulated time may not run yet when the leader is opened.
            self._began_ns = now_ns
        place = self._steps(self._hand.at((now_ns - self._began_ns) * 1e-9))
        if not self._is_led:
            self._move(place)
        self._place = place
        return super().read()

    def _steps(self, positions: Vector) -> dict[int, float]:
        """Return encoder steps by a motor's number, for joints of shape (n,) [rad or m]."""
        numbers = self._joints.numbers(positions)
        ids = {motor: own.id for motor, own in self._arms[0].bus.motors.items()}
        steps = self._arms[0].bus._unnormalize({ids[m]: value for m, value in numbers.items()})
        return {id_: float(step) for id_, step in steps.items()}

    def _move(self, place: Mapping[int, float]) -> None:
        """Bring the motors to where the hand is first, and on by what it moves."""
        with self.port.lock:
            for id_, step in place.items():
                motor = self.port.motors[id_]
                before = motor.position if self._place is None else self._place[id_]
                motor.shaft += step - before


def make_simulated_leader(file: DeviceFile, cell: Cell, clock_ns: Clock) -> Device:
    """Return the simulated leader of a device file.

    Raises:
        SettingError: an option is unknown or out of range.
    """
    options = build(HandOptions, file.options, file.name, 'options.')
    return SimulatedLeader(file, cell, options, clock_ns)


def _motors() -> list[SimulatedMotor]:
    """Return the motors of an SO-101 that lie where a hand has left them."""
    return [
        SimulatedMotor(id_, sum(limits) // 2, limits, offset, ShaftModel(fall=0.0))
        for id_, (limits, offset) in enumerate(zip(LIMITS, OFFSETS, strict=True), start=1)
    ]
