"""Check one fresh image against the accepted calibration of a camera."""

import argparse
from dataclasses import fields
import hashlib
from pathlib import Path
import sys

from vla_calibration.verify import BAD, Drift, DriftLimits
from vla_calibration.verify_board import check_board, load_reference, REFERENCE_NAME
from vla_calibration.verify_input import (
    add_joint_option,
    in_contract_order,
    load_arm_drawing,
    read_image,
    read_joints,
    robot_pose,
)
from vla_calibration.verify_silhouette import check_silhouette
from vla_contract.camera_calibration import CameraCalibration
from vla_contract.camera_calibration_file import load_calibration, resolve_calibration
from vla_contract.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.contract import load_contract
from vla_contract.errors import VlaError
from vla_contract.schema import build
from vla_contract.values import Image

# It needs the simulator's model, so it lives there; it is imported only when asked for.
SILHOUETTE = 'vla_sim_bridge.silhouette:make'


def run(args: argparse.Namespace) -> int:
    """Check; status 1 where the camera is too far from where it was calibrated."""
    path = resolve_calibration(args.calibration)
    calibration = load_calibration(path)
    if not calibration.accepted:
        raise VlaError(f'{path} was never accepted; calibrate again')
    image, data = read_image(args.image)
    named = {field.name: getattr(args, field.name) for field in fields(DriftLimits)}
    limits = build(DriftLimits, named, 'limits')
    reference = args.reference or path.with_name(REFERENCE_NAME)
    method = args.method or _method(reference, args.joints)
    if method == 'board':
        robot = robot_pose(args.robot or calibration.robot, calibration, read_joints(args.joints))
        drift = check_board(image, load_reference(reference), calibration, robot, limits)
    else:
        drift = _check_silhouette(args, image, calibration, limits)
    print(f'{drift.state}: {drift.reason}')
    print(f'  moved {drift.shift_x_px:+.2f} px right, {drift.shift_y_px:+.2f} px down')
    for name, value in drift.details.items():
        print(f'  {name:<18}{value:.3g}')
    if args.json:
        source = {'image': args.image.name, 'image_sha256': hashlib.sha256(data).hexdigest()}
        write_json(args.json, {'calibration_id': calibration.id, **source, **drift.plain()})
    return NOT_GOOD_ENOUGH if drift.state == BAD else DONE


def _method(reference: Path, joints: Path | None) -> str:
    if reference.is_file():
        return 'board'
    if joints is not None:
        return 'silhouette'
    raise VlaError(
        f'nothing to compare with: found no {reference} (see record_reference) and no --joints '
        '(positions of the arm, for a comparison with its silhouette)'
    )


def _check_silhouette(
    args: argparse.Namespace, image: Image, calibration: CameraCalibration, limits: DriftLimits
) -> Drift:
    joints = read_joints(args.joints)
    if joints is None:
        raise VlaError('--method silhouette: found no --joints; needed: positions of the arm')
    robot = args.robot or calibration.robot
    position = in_contract_order(joints, load_contract(robot))
    draw = load_arm_drawing(args.silhouette, robot, args.calibration)
    return check_silhouette(image, position, draw, calibration, limits)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'vla_calibration.verify_calibration',
        'Check one fresh image against the calibration of a camera: by a board that stands where '
        'record_reference saw it, or by the arm itself, whose outline the simulator draws from '
        'its joint positions. Status 1 when the view has moved too far.',
        'python -m vla_calibration.verify_calibration panda_2f85/top now.png --joints joints.yaml',
    )
    parser.add_argument('calibration', help="'robot/camera', or a calibration.yaml")
    parser.add_argument('image', type=Path, help='fresh image, the arm standing still')
    add_joint_option(parser, 'needed for the silhouette and for a camera in the hand')
    parser.add_argument('--reference', type=Path, help='default: reference.yaml beside the file')
    parser.add_argument(
        '--method', choices=('board', 'silhouette'), help='default: board where it is recorded'
    )
    parser.add_argument(
        '--silhouette', default=SILHOUETTE, metavar='MODULE:FUNCTION',
        help=f'draws the arm; default: {SILHOUETTE}; for images of the simulator itself: '
        'vla_sim_bridge.silhouette:make_simulated',
    )  # fmt: skip
    for field in fields(DriftLimits):
        name, unit = field.name.replace('_', '-'), field.metadata['unit']
        text = f'{field.metadata["doc"]} [{unit}]; default: {field.default:g}'
        parser.add_argument(f'--{name}', type=float, default=field.default, help=text)
    parser.add_argument('--json', type=Path, help='write the figures here')
    args = parser.parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
