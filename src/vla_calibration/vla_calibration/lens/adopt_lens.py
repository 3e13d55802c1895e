"""Import intrinsics from elsewhere, such as a factory calibration."""

import argparse
from pathlib import Path
import sys

from vla_calibration.calibration_file import describe_lens, describe_source, save_lens, Verdict
from vla_calibration.camera_target import camera_target
from vla_calibration.lens.camera_info import read_camera_info
from vla_contract.cameras.calibration_file import FOLDER
from vla_contract.cli.command import command_parser, DONE, run_command


def run(args: argparse.Namespace) -> int:
    """Write the file."""
    target = camera_target(args.camera, args.root)
    info = read_camera_info(args.camera_info)
    target.require_size(info.lens.size, str(args.camera_info))
    source = describe_source(f'camera_info: {args.because}')
    # How far a foreign lens is off is unknown; that somebody vouches for it is said.
    lens = describe_lens(info.lens, source, Verdict(True, (args.because,)), rms_px=None)
    calibration = save_lens(target.path, target.cell, target.camera, lens, args.force)
    print(f'{target.path}: the lens of {target.cell}/{target.camera}, {calibration.id}')
    return DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'camera import',
        'Begin the calibration file of a camera with the camera_info of its driver or of another '
        'tool. What vla camera intrinsics finds it writes by itself; vla camera hand-eye adds the '
        'pose.',
        "vla camera import panda_table/top factory.yaml --because 'factory calibration'",
    )
    parser.add_argument('camera', metavar='CELL/CAMERA', help='cell and one of its cameras')
    parser.add_argument('camera_info', type=Path, help='camera_info YAML')
    parser.add_argument('--because', required=True, metavar='TEXT', help='why it can be trusted')
    parser.add_argument('--root', type=Path, default=Path(FOLDER), help='default: ' + FOLDER)
    parser.add_argument('--force', action='store_true', help='replace the file, drop its pose')
    args = parser.parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
