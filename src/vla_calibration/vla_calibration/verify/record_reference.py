"""Store the pose of a board seen by a calibrated camera, to compare with later."""

import argparse
import hashlib
from pathlib import Path
import sys

from vla_calibration.board.options import add_board_options, board_of
from vla_calibration.named_cell import named_cell
from vla_calibration.verify.board import record_reference, REFERENCE_NAME, save_reference
from vla_calibration.verify.input import add_joint_option, read_image, read_joints, robot_pose
from vla_contract.cameras.calibration import SourceImage
from vla_contract.cameras.calibration_file import load_calibration, resolve_calibration
from vla_contract.cli.command import command_parser, DONE, run_command
from vla_contract.cli.path_types import file_to_write


def run(args: argparse.Namespace) -> int:
    """Write reference.yaml beside the calibration."""
    path = resolve_calibration(args.calibration)
    calibration = load_calibration(path)
    image, data = read_image(args.image)
    source = SourceImage(args.image.name, hashlib.sha256(data).hexdigest())
    robot = robot_pose(named_cell(args), calibration, read_joints(args.joints))
    reference = record_reference(image, board_of(args), calibration, source, robot)
    output = args.output or path.with_name(REFERENCE_NAME)
    save_reference(reference, output, args.force)
    print(f'{output}: the board is at {reference.position_m} m in {reference.frame}')
    return DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'camera reference',
        'Remember where a board is, in one image taken when the camera was calibrated. Bring the '
        'board back to the same place (a mark, two pins) and vla camera verify tells whether '
        'the camera still is where it was.',
        'vla camera reference panda_table/top today.png --board 9x6 --square-mm 25',
    )
    parser.add_argument('calibration', help="'cell/camera', or a calibration.yaml")
    parser.add_argument('image', type=Path, help='image with the board in it')
    add_board_options(parser)
    add_joint_option(parser, 'needed for a camera in the hand')
    parser.add_argument(
        '--output',
        type=file_to_write('.yaml', '.yml'),
        help='default: reference.yaml beside the file',
    )
    parser.add_argument('--force', action='store_true', help='replace a file that exists')
    args = parser.parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
