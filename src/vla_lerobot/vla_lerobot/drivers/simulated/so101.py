"""A simulated SO-101 follower on a port, with the calibration file that LeRobot wants.

    python -m vla_lerobot.drivers.simulated.so101 --link /tmp/so101 --calibration /tmp/calibration

It stands in for the arm's USB port until Ctrl-C: the driver, LeRobot's class and its SDK are the
real ones. It holds, as an STS3215 does from power-up on; a limp arm falls.
"""

from collections.abc import Mapping, Sequence
import contextlib
import json
from pathlib import Path
import sys
import threading

from vla_contract.cli.command import command_parser, DONE, run_command
from vla_contract.whole_file import write_whole
from vla_lerobot.drivers.simulated.motor import ShaftModel, SimulatedMotor
from vla_lerobot.drivers.simulated.port import SimulatedPort

MOTORS = ('shoulder_pan', 'shoulder_lift', 'elbow_flex', 'wrist_flex', 'wrist_roll', 'gripper')
_LIFTING = ('shoulder_lift', 'elbow_flex', 'wrist_flex')
# Limits [steps] of a calibrated arm, and its homing offsets; the wrist rolls all the way round.
LIMITS = ((750, 3420), (800, 3270), (850, 3070), (860, 3180), (0, 4095), (2030, 3460))
OFFSETS = (-1220, 985, -743, 412, -1604, 1301)


def so101_motors(positions: Mapping[str, int] | None = None) -> list[SimulatedMotor]:
    """Return the six motors, limp, in the middle of their ranges or where it is said [steps].

    Gravity pulls at three of them.
    """
    given = positions or {}
    return [
        SimulatedMotor(id_, given.get(name, sum(limits) // 2), limits, offset, _shaft(name))
        for id_, (name, limits, offset) in enumerate(
            zip(MOTORS, LIMITS, OFFSETS, strict=True), start=1
        )
    ]


def _shaft(motor: str) -> ShaftModel:
    return ShaftModel() if motor in _LIFTING else ShaftModel(fall=0.0)


def write_calibration(folder: Path, name: str) -> Path:
    """Write NAME.json as lerobot-calibrate would for these motors."""
    values = {
        motor: {
            'id': id_,
            'drive_mode': 0,
            'homing_offset': offset,
            'range_min': limits[0],
            'range_max': limits[1],
        }
        for id_, (motor, limits, offset) in enumerate(
            zip(MOTORS, LIMITS, OFFSETS, strict=True), start=1
        )
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f'{name}.json'
    write_whole(path, json.dumps(values, indent=4))
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Run it."""
    name = 'vla_lerobot.drivers.simulated.so101'
    parser = command_parser(
        name,
        'A simulated SO-101 follower on a port.',
        f'python -m {name} --link /tmp/so101 --calibration /tmp/calibration',
    )
    parser.add_argument('--link', type=Path, required=True, help='where the port appears')
    parser.add_argument('--calibration', type=Path, required=True, help='folder for its file')
    parser.add_argument('--id', default='simulated', help="LeRobot's name of the arm")
    parser.add_argument('--limp', action='store_true', help='begin without torque: it falls')
    args = parser.parse_args(argv)
    return run_command(lambda: _serve(args.link, args.calibration, args.id, args.limp))


def _serve(link: Path, folder: Path, name: str, is_limp: bool) -> int:
    motors = so101_motors()
    for motor in [] if is_limp else motors:
        motor.hold()
    port = SimulatedPort(motors)
    link.unlink(missing_ok=True)
    link.symlink_to(port.path)
    print(f'{link} is {port.path}; calibration: {write_calibration(folder, name)}', flush=True)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    finally:
        port.close()
        link.unlink(missing_ok=True)
    return DONE


if __name__ == '__main__':
    sys.exit(main())
