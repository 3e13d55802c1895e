"""Import intrinsics from elsewhere, such as a factory calibration."""

import argparse
from pathlib import Path
import sys

from vla_calibration.calibration_file import describe_lens, describe_source, save_lens, Verdict
from vla_calibration.camera_target import camera_target
from vla_calibration.export.to_calibrators import read_kalibr_camchain
from vla_calibration.lens.camera_info import read_camera_info
from vla_calibration.lens.lens import Lens
from vla_contract.cameras.calibration_file import FOLDER
from vla_contract.cli.command import command_parser, DONE, run_command
from vla_contract.cli.path_types import folder_to_write
from vla_contract.schema import load_yaml


def run(args: argparse.Namespace) -> int:
    """Write the file."""
    target = camera_target(args.camera, args.root)
    adopted = _read(args.camera_info, args.kalibr_camera)
    target.require_size(adopted.size, str(args.camera_info))
    source = describe_source(f'camera_info: {args.because}')
    # How far a foreign lens is off is unknown; that somebody vouches for it is said.
    lens = describe_lens(adopted, source, Verdict(True, (args.because,)), rms_px=None)
    calibration = save_lens(target.path, target.cell, target.camera, lens, args.force)
    print(f'{target.path}: the lens of {target.cell}/{target.camera}, {calibration.id}')
    return DONE


def _read(path: Path, kalibr_camera: str) -> Lens:
    """Read a camera_info, or a camera of a camchain: its top-level keys are cam0, cam1, ..."""
    if kalibr_camera in load_yaml(path):
        return read_kalibr_camchain(path, kalibr_camera)
    return read_camera_info(path).lens


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
    parser.add_argument(
        'camera_info', type=Path, help="camera_info YAML, or the camchain of Kalibr's calibration"
    )
    parser.add_argument(
        '--kalibr-camera', default='cam0', help='which camera of a camchain; default: cam0'
    )
    parser.add_argument('--because', required=True, metavar='TEXT', help='why it can be trusted')
    parser.add_argument(
        '--root', type=folder_to_write, default=Path(FOLDER), help='default: ' + FOLDER
    )
    parser.add_argument('--force', action='store_true', help='replace the file, drop its pose')
    args = parser.parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
