"""Temperature, load, voltage and faults of motors, and what of it is too much."""

from collections.abc import Mapping
from dataclasses import dataclass

from vla_lerobot.drivers.config import LerobotRobotConfig

OK, WARN, ERROR = 0, 1, 2
_TEMPERATURE, _LOAD, _TORQUE = 'Present_Temperature', 'Present_Load', 'Torque_Enable'
_VOLTAGES = ('Present_Voltage', 'Present_Input_Voltage')
# Feetech and Dynamixel, one register after the other: a cycle reads one of them.
REGISTERS = (
    _TEMPERATURE,
    _LOAD,
    *_VOLTAGES,
    'Present_Current',
    _TORQUE,
    'Status',
    'Hardware_Error_Status',
)
# Bits of Feetech's register 65 (memory table of the STS series, section on the servo status), and
# of Dynamixel's Hardware Error Status (e-manual, X series).
_FAULTS = {
    'Status': {0: 'voltage', 1: 'encoder', 2: 'temperature', 3: 'current', 5: 'overload'},
    'Hardware_Error_Status': {
        0: 'voltage',
        2: 'temperature',
        3: 'encoder',
        4: 'electrical shock',
        5: 'overload',
    },
}
_SCALES = {_LOAD: (0.001, 'load'), 'Present_Current': (1.0, 'current_raw')}
_SCALES |= dict.fromkeys(_VOLTAGES, (0.1, 'voltage_v'))
_SCALES |= {_TEMPERATURE: (1.0, 'temperature_c')}


@dataclass(frozen=True)
class Finding:
    """What is worst, in a sentence, with the numbers of all motors."""

    level: int
    message: str
    values: Mapping[str, float]


class MotorHealth:
    """Collects registers, and judges them.

    The names of the registers, and their units, are those of LeRobot's control tables: load in
    0.1 % of full torque, voltage in 0.1 V, temperature in degrees.
    """

    def __init__(self, config: LerobotRobotConfig) -> None:
        """Begin without a number."""
        self._config = config
        self._read: dict[str, dict[str, int]] = {}
        self._is_released = False

    def take(self, register: str, values: Mapping[str, int]) -> None:
        """Take a register of all motors that have it."""
        # A new dictionary each time: another thread reads the old one.
        self._read = self._read | {register: dict(values)}

    def forget(self) -> None:
        """Drop all numbers: nobody answers."""
        self._read = {}

    def expect_torque(self, is_expected: bool) -> None:
        """Say whether a motor without torque is a fault."""
        self._is_released = not is_expected

    def finding(self) -> Finding:
        """Return the worst of it."""
        values: dict[str, float] = {}
        worst, message = OK, ''
        for register, found in self._read.items():
            for motor, raw in found.items():
                if register in _SCALES:
                    scale, label = _SCALES[register]
                    values[f'{label}/{motor}'] = raw * scale
                level, text = self._judge(register, motor, raw)
                if level > worst:
                    worst, message = level, text
        return Finding(worst, message, values)

    def _judge(self, register: str, motor: str, raw: int) -> tuple[int, str]:
        config = self._config
        if register in _FAULTS and raw:
            bits = [text for bit, text in _FAULTS[register].items() if raw >> bit & 1]
            return ERROR, f'{motor} reports a fault: {", ".join(bits) or f"bits {raw:#x}"}'
        if register == _TORQUE and not raw and not self._is_released:
            return ERROR, f'{motor} is limp: its torque is off, and nobody released it'
        value = abs(raw) * _SCALES.get(register, (1.0, ''))[0]
        if register in _VOLTAGES:
            is_low = value < config.voltage_low_v
            text = f'{motor} has {value:.1f} V; allowed: {config.voltage_low_v:g} or more'
            return (WARN, text) if is_low else (OK, '')
        if register == _TEMPERATURE:
            warn, error = config.temperature_warn_c, config.temperature_error_c
            text = f'{motor} is at {value:g} C; allowed: below {warn:g}'
        elif register == _LOAD:
            warn, error = config.load_warn, config.load_error
            text = f'{motor} gives {value:.0%} of its torque; allowed: below {warn:.0%}'
        else:
            return OK, ''
        if value < warn:
            return OK, ''
        return (ERROR if value >= error else WARN), text
