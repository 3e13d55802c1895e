"""A simulated SO-101 for tests: motors on a port, and the files that name them."""

from pathlib import Path

from vla_contract.deployment.robot import Joint
from vla_lerobot.drivers.driver_file import DriverFile, load_driver_file
from vla_lerobot.drivers.simulated.motor import SimulatedMotor
from vla_lerobot.drivers.simulated.port import SimulatedPort
from vla_lerobot.drivers.simulated.so101 import MOTORS, write_calibration
import yaml


def joint(name, lower=-2.0, upper=2.0, closed_at='upper') -> Joint:
    return Joint(
        name, 'revolute', lower, upper, 3.0, 8.0, 1000.0, 5.0, 0.0, name, closed_at=closed_at
    )


CONFIG = Path(__file__).parents[3] / 'config'
JOINTS = (*(joint(name) for name in MOTORS[:-1]), joint('gripper', -0.17, 1.75, 'lower'))


def hold_all(motors: list[SimulatedMotor]) -> None:
    for motor in motors:
        motor.hold()


def driver_values(port: SimulatedPort | str, folder: Path, **fields) -> dict:
    path = port if isinstance(port, str) else port.path
    robot = {'type': 'so101_follower', 'port': path, 'id': 'double'}
    robot |= {'calibration_dir': str(folder / 'calibration'), **fields}
    return {
        'schema': 1,
        'name': 'double',
        'robot': robot,
        'motors': {name: {'joint': name} for name in MOTORS},
    }


def driver_file(values: dict, folder: Path) -> DriverFile:
    path = folder / 'double.yaml'
    path.write_text(yaml.safe_dump(values))
    return load_driver_file(str(path))


def calibrated(folder: Path) -> Path:
    return write_calibration(folder / 'calibration', 'double')


def deployment_files(folder: Path, channels: list | None = None) -> Path:
    """Write a robot with the joints of an SO-101, its cell and a deployment; return the last.

    It is the ViperX with five joints and other names: the driver asks for joints and channels.
    """
    robot = yaml.safe_load((CONFIG / 'robots' / 'vx300s.yaml').read_text())
    kept = [own for own in robot['joints'] if own['name'] != 'forearm_roll']
    robot |= {'name': 'so101', 'channels': channels or [], 'joints': kept}
    for own, name in zip(kept, MOTORS, strict=True):
        own['name'] = name
    kept[-1] |= {'type': 'revolute', 'lower': -0.17, 'upper': 1.75, 'home': 0.0}
    for group in robot['groups']:
        group['joints'] = list(MOTORS[-1:] if group.get('kind') == 'gripper' else MOTORS[:-1])
    cell = yaml.safe_load((CONFIG / 'cells' / 'vx300s_table.yaml').read_text())
    cell |= {'name': 'so101_table', 'robots': [{'robot': str(folder / 'robot.yaml')}]}
    deployment = {'schema': 1, 'name': 'so101', 'cell': str(folder / 'cell.yaml')}
    deployment |= {'policy': 'scripted', 'task': 'lift_cube'}
    for name, values in (('robot', robot), ('cell', cell), ('deployment', deployment)):
        (folder / f'{name}.yaml').write_text(yaml.safe_dump(values))
    return folder / 'deployment.yaml'
