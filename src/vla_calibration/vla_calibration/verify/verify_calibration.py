"""Check one image against the accepted calibration of a camera."""

import argparse
from dataclasses import fields
import hashlib
from pathlib import Path
import sys

from vla_calibration.named_cell import named_cell
from vla_calibration.verify.camera_check import AUTO, CameraCheck, METHODS, SILHOUETTE
from vla_calibration.verify.input import add_joint_option, read_image, read_joints
from vla_calibration.verify.verify import BAD, DriftLimits
from vla_contract.cameras.calibration_file import resolve_calibration
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.cli.path_types import file_to_write
from vla_contract.schema import build


def run(args: argparse.Namespace) -> int:
    """Check; status 1 where the camera is too far from where it was calibrated."""
    named = {field.name: getattr(args, field.name) for field in fields(DriftLimits)}
    limits = build(DriftLimits, named, 'limits')
    path = resolve_calibration(args.calibration)
    cell = named_cell(args)
    check = CameraCheck(path, cell, args.method, args.silhouette, limits, args.reference)
    image, data = read_image(args.image)
    drift = check.check(image, read_joints(args.joints))
    print(f'{drift.state}: {drift.reason}')
    print(f'  moved {drift.shift_x_px:+.2f} px right, {drift.shift_y_px:+.2f} px down')
    for name, value in drift.details.items():
        print(f'  {name:<18}{value:.3g}')
    if args.json:
        source = {'image': args.image.name, 'image_sha256': hashlib.sha256(data).hexdigest()}
        write_json(args.json, {'calibration_id': check.calibration.id, **source, **drift.plain()})
    return NOT_GOOD_ENOUGH if drift.state == BAD else DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'camera verify',
        'Check one fresh image against the calibration of a camera: by a board that stands where '
        'vla camera reference saw it, or by the arm itself, whose outline the simulator draws '
        'from its joint positions. Status 1 when the view has moved too far.',
        'vla camera verify panda_table/top now.png --joints joints.yaml',
    )
    parser.add_argument('calibration', help="'cell/camera', or a calibration.yaml")
    parser.add_argument('image', type=Path, help='fresh image, the arm standing still')
    add_joint_option(parser, 'needed for the silhouette and for a camera in the hand')
    parser.add_argument('--reference', type=Path, help='default: reference.yaml beside the file')
    parser.add_argument(
        '--method', choices=METHODS, default=AUTO, help='default: board where it is recorded'
    )
    parser.add_argument(
        '--silhouette', default=SILHOUETTE,
        help='what draws the arm: model; simulated for images of the simulator itself; or '
        'module:function',
    )  # fmt: skip
    for field in fields(DriftLimits):
        name, unit = field.name.replace('_', '-'), field.metadata['unit']
        text = f'{field.metadata["doc"]} [{unit}]; default: {field.default:g}'
        parser.add_argument(f'--{name}', type=float, default=field.default, help=text)
    parser.add_argument('--json', type=file_to_write(), help='write the figures here')
    args = parser.parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
