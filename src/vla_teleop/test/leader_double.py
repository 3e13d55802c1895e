"""A cell with an SO-101, and device files for it."""

from pathlib import Path

from vla_contract.deployment.cell import Cell, load_cell
from vla_lerobot.drivers.motors.scale import Encoder
from vla_lerobot.drivers.simulated.so101 import LIMITS, MOTORS
from vla_teleop.devices.device_file import DeviceFile, load_device_file
import yaml


def so101() -> Cell:
    return load_cell('so101_table')


def device_file(folder: Path, **changes) -> DeviceFile:
    values = {
        'schema': 1,
        'name': 'double',
        'device': 'simulated_leader',
        'joints': {motor: {'joint': motor} for motor in MOTORS},
    } | changes
    path = folder / 'double.yaml'
    path.write_text(yaml.safe_dump({key: own for key, own in values.items() if own is not None}))
    return load_device_file(str(path))


def encoders() -> dict[str, Encoder]:
    """Return what the bus of an SO-101 says of its motors."""
    units = ['degrees'] * 5 + ['range_0_100']
    units = ['deg' if unit == 'degrees' else unit for unit in units]
    return {
        motor: Encoder(unit, low, high, 4096)
        for motor, unit, (low, high) in zip(MOTORS, units, LIMITS, strict=True)
    }
