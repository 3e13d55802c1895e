"""A simulated STS3215: its registers, and a shaft that moves.

Addresses and first values are those of Feetech's memory table of the STS series (as LeRobot's
`motors/feetech/tables.py` lists it). What a goal does is huggingface/lerobot#3585: it gives the
motor torque, and outside the limits it counts as the nearer of them.
"""

from dataclasses import dataclass

MODEL = 777
STEPS = 4096
# 45 turns a minute without load, as measured in TheRobotStudio/SO-ARM100#134 [steps/s].
TOP_SPEED = 45.0 / 60.0 * STEPS
_SIZE = 90
# Address to value of one byte, and of two, low byte first.
_BYTES = {0: 3, 1: 10, 7: 250, 8: 1, 13: 70, 14: 80, 15: 40, 18: 0, 19: 47, 21: 32, 22: 32, 34: 20}
_BYTES |= {35: 200, 36: 80, 40: 0, 55: 1, 62: 50, 63: 30}
_WORDS = {3: MODEL, 11: STEPS - 1, 16: 1000, 28: 500, 48: 1000}
ID, MIN, MAX, OFFSET, TORQUE, GOAL, PRESENT = 5, 9, 11, 31, 40, 42, 56
_SPEED, _LOAD, _VOLTAGE, TEMPERATURE, STATUS, _MOVING = 58, 60, 62, 63, 65, 66
# Read-only, as in the memory table.
_FIXED = {*range(5), *range(PRESENT, 71)}


@dataclass(frozen=True)
class ShaftModel:
    """How the shaft moves.

    Attributes:
        lag_s: time constant with which it goes to its goal [s].
        fall: speed with which a limp joint falls to the lower end of its limits [steps/s]; 0 for
            one that gravity does not move.
    """

    lag_s: float = 0.04
    fall: float = 600.0


class SimulatedMotor:
    """Registers that can be read and written, and a position behind them.

    Attributes:
        memory: all registers.
        shaft: angle of the output without the homing offset [steps].
        goals: values that were written to the goal position.
    """

    def __init__(
        self,
        id_: int,
        position: int,
        limits: tuple[int, int],
        offset: int = 0,
        model: ShaftModel | None = None,
    ) -> None:
        """Stand somewhere, limp, with limits and offset in the EEPROM.

        Args:
            id_: on the bus.
            position: what it shows [steps].
            limits: smallest and largest goal [steps].
            offset: homing offset: it shows the angle of the shaft minus this [steps].
            model: how it moves.
        """
        self.memory = bytearray(_SIZE)
        for address, value in _BYTES.items():
            self.memory[address] = value
        self.memory[ID] = id_
        words = _WORDS | {MIN: limits[0], MAX: limits[1], OFFSET: _signed(offset, 11)}
        for address, value in (words | {GOAL: position}).items():
            self._store(address, value)
        self.shaft = float(position + offset)
        self.goals: list[int] = []
        self._model = model or ShaftModel()
        self._show(0.0)

    @property
    def position(self) -> float:
        """What it shows, without rounding [steps]."""
        return self.shaft - self._offset

    @property
    def has_torque(self) -> bool:
        """Whether it holds."""
        return bool(self.memory[TORQUE])

    def word(self, address: int) -> int:
        """Return a register of two bytes."""
        return self.memory[address] | self.memory[address + 1] << 8

    def read(self, address: int, length: int) -> bytes:
        """Return registers as they are sent."""
        return bytes(self.memory[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        """Store what may be stored; a goal gives torque."""
        for place, value in enumerate(data, address):
            if place not in _FIXED and place < _SIZE:
                self.memory[place] = value
        if address <= GOAL < address + len(data):
            self.memory[TORQUE] = 1
            self.goals.append(self.word(GOAL))

    def hold(self) -> None:
        """Have torque where it stands, as at power-up."""
        self._store(GOAL, round(self.position))
        self.memory[TORQUE] = 1

    def step(self, period_s: float) -> None:
        """Move for a time [s]."""
        lower, upper = self.word(MIN), self.word(MAX)
        if self.has_torque:
            aim, speed = min(max(self.word(GOAL), lower), upper), TOP_SPEED
            share = min(period_s / self._model.lag_s, 1.0)
        else:
            aim, speed, share = lower, self._model.fall, 1.0
        most = speed * period_s
        move = min(max((aim - self.position) * share, -most), most)
        self.shaft += move
        self._show(move / period_s if period_s else 0.0)

    @property
    def _offset(self) -> int:
        raw = self.word(OFFSET)
        return -(raw & 0x7FF) if raw & 0x800 else raw & 0x7FF

    def _show(self, speed: float) -> None:
        self._store(PRESENT, round(self.position) % STEPS)
        self._store(_SPEED, _signed(round(speed), 15))
        effort = self.word(GOAL) - self.position if self.has_torque else 0.0
        self._store(_LOAD, _signed(round(min(max(effort, -1000.0), 1000.0)), 10))
        self.memory[_MOVING] = abs(speed) > 1.0

    def _store(self, address: int, value: int) -> None:
        self.memory[address], self.memory[address + 1] = value & 0xFF, value >> 8 & 0xFF


def _signed(value: int, sign_bit: int) -> int:
    """Return sign and magnitude, as the series stores negative numbers."""
    return (1 << sign_bit if value < 0 else 0) | abs(value) & (1 << sign_bit) - 1
