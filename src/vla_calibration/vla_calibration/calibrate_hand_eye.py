"""Calibrates where a camera is: on the gripper, or beside the robot."""

import argparse
from collections.abc import Sequence
from dataclasses import fields
import math
from pathlib import Path
import sys
from typing import Any

from vla_calibration.board_options import add_board_options, board_of
from vla_calibration.boards import Board
from vla_calibration.calibration_file import lens_of, save_pose
from vla_calibration.camera_info import CameraInfo, read_camera_info
from vla_calibration.capture_folder import CAL_DATA, load_session, SESSION
from vla_calibration.hand_eye import Budget, calibrate_hand_eye, HandEyeResult
from vla_calibration.hand_eye_data import read_image_views, read_pose_views, Views
from vla_calibration.hand_eye_figures import extrinsics, figures, rejected
from vla_calibration.hand_eye_problem import Frames, HandEyeError, SETUPS
from vla_calibration.hand_eye_report import write_report
from vla_contract.camera_calibration import CameraCalibration
from vla_contract.camera_calibration_file import load_calibration
from vla_contract.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.errors import VlaError
from vla_contract.schema import build
from vla_contract.whole_file import require_free


def run(args: argparse.Namespace) -> int:
    """Calibrate and write; 1 when the answer is not accepted."""
    for path in (args.json, args.report):
        require_free(path, args.force)
    calibration = _calibration(args)
    views, setup, budget = _inputs(args, calibration)
    result = calibrate_hand_eye(views.used, setup, views.frames, budget)
    found = figures(result, views)
    print('\n'.join(_lines(result, views)))
    if args.json:
        write_json(args.json, found)
        print(f'result: {args.json}')
    if args.report:
        write_report(args.report, result, views)
        print(f'report: {args.report}')
    if result.is_accepted:
        if calibration:
            save_pose(args.calibration, extrinsics(result, views), args.force)
            print(f'calibration: {args.calibration}')
        print('accepted')
        return DONE
    print('not accepted' + (': the calibration is left as it is' if calibration else ''))
    for reason in result.reasons:
        print(f'  {reason}')
    return NOT_GOOD_ENOUGH


def _inputs(
    args: argparse.Namespace, calibration: CameraCalibration | None
) -> tuple[Views, str, Budget]:
    """Read images with robot poses, or lists of poses; options say what files do not."""
    first: Path = args.inputs[0]
    folder = first if first.is_dir() else first.parent
    has_images = first.is_dir() or first.name == CAL_DATA
    if has_images and len(args.inputs) > 1:
        raise HandEyeError('images: found several inputs; allowed: one folder')
    frames, setup, board = _frames(args), args.setup, None
    if has_images and (folder / SESSION).is_file():
        session = load_session(folder)
        frames = Frames(session.base_frame, session.tool_frame, session.camera_frame, 'board')
        setup, board = setup or session.setup, session.board
    if setup not in SETUPS:
        raise HandEyeError(f'--setup: found {setup}; allowed: {", ".join(SETUPS)}')
    if not has_images:
        return read_pose_views(args.inputs, setup, frames), setup, _budget(args, None)
    info = _camera_info(args, folder, calibration)
    board = _board(args) if args.board else board
    if board is None:
        raise HandEyeError('images: need --board and --square-mm to find the board in them')
    return read_image_views(first, board, info.lens, frames), setup, _budget(args, info)


def _frames(args: argparse.Namespace) -> Frames:
    return Frames(args.base_frame, args.gripper_frame, args.camera_frame)


def _board(args: argparse.Namespace) -> Board:
    if args.square_mm is None:
        raise HandEyeError('--board: needs --square-mm, as measured on the print')
    return board_of(args)


def _calibration(args: argparse.Namespace) -> CameraCalibration | None:
    """Return the file that gets the pose; what speaks against that is said before the work."""
    if args.calibration is None:
        return None
    if args.camera_info is not None:
        raise HandEyeError('--calibration holds the lens already; drop --camera-info')
    calibration = load_calibration(args.calibration)
    if calibration.extrinsics is not None and not args.force:
        raise VlaError(f'{args.calibration} has a pose already; give --force to replace it')
    return calibration


def _camera_info(
    args: argparse.Namespace, folder: Path, calibration: CameraCalibration | None
) -> CameraInfo:
    """Return the lens and how sure it is."""
    if calibration is not None:
        variances = calibration.lens.covariance
        std = {'fx': math.sqrt(variances[0])} if variances else {}
        return CameraInfo(calibration.camera, lens_of(calibration), {'std': std})
    path = args.camera_info or folder / 'camera_info.yaml'
    if args.camera_info is None and not path.is_file():
        raise HandEyeError('images: need --calibration or --camera-info, of calibrate_intrinsics')
    return read_camera_info(path)


def _budget(args: argparse.Namespace, info: CameraInfo | None) -> Budget:
    """Return the budget; the lens file knows how uncertain its focal length is."""
    values = {
        field.name: getattr(args, field.name)
        for field in fields(Budget)
        if getattr(args, field.name) is not None
    }
    if info is not None and 'focal_sigma_percent' not in values:
        std = info.provenance.get('std')
        fx_std = std.get('fx') if isinstance(std, dict) else None
        if isinstance(fx_std, int | float):
            values['focal_sigma_percent'] = 100.0 * float(fx_std) / float(info.lens.K[0, 0])
    return build(Budget, values, 'options')


def _lines(result: HandEyeResult, views: Views) -> list[str]:
    """Return what a person wants to know at once."""
    x, y, z = 1000.0 * result.camera.position
    held_out, sigma = result.held_out, result.solution.sigma
    total = len(result.names) + len(views.skipped)
    lines = [
        f'pose of {result.camera.child} in {result.camera.parent} ({result.setup})',
        f'position     {x:.2f} {y:.2f} {z:.2f} mm, 95 % within {result.error_95_mm:.2f} mm '
        f'(noise {result.statistical_95_mm:.2f}, lens and board {result.systematic_95_mm:.2f})',
        'quaternion   ' + ' '.join(f'{value:.6f}' for value in result.camera.quaternion) + ' xyzw',
        f'views        {int(result.solution.used.sum())} used of {total}; turned by '
        + ', '.join(f'{value:.0f}' for value in result.diversity_deg) + ' deg about three axes',
        f'held out     {held_out.rms_mm:.2f} mm, chi2/dof {held_out.chi2_per_dof:.2f}',
        f'robot sigma  {1000.0 * sigma.translation_m:.2f} mm, '
        f'{math.degrees(sigma.rotation_rad):.3f} deg per axis',
    ]  # fmt: skip
    if result.other_distance is not None:
        other = result.other_distance
        lines.append(
            f'distances    {other.far_m:.2f} m predicted from {other.near_m:.2f} m: '
            f'{other.far_by_near_mm:.2f} mm; the reverse: {other.near_by_far_mm:.2f} mm'
        )
    lines += [f'rejected     {view}: {reason}' for view, reason in rejected(result, views)]
    lines += [f'warning      {warning}' for warning in result.warnings]
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        'vla_calibration.calibrate_hand_eye',
        'Find the pose of a camera on the gripper (eye-in-hand) or beside the robot '
        '(eye-to-hand), with its error. Status 1, and what to do, when it is not accepted.',
        'python -m vla_calibration.calibrate_hand_eye calibration_data/my_arm/wrist/images_1 '
        '--setup eye-in-hand --camera-info runs/wrist/camera_info.yaml --kind charuco '
        '--board 7x5 --square-mm 30 --marker-mm 22 --report runs/wrist/hand_eye.html',
    )
    parser.add_argument(
        'inputs', nargs='+', type=Path,
        help='folder with cal_data.yaml (images and robot poses), or poses of robot and board: '
        'our YAML with named frames, moveit_calibration, easy_handeye2 .samples, two CSV files',
    )  # fmt: skip
    parser.add_argument('--setup', choices=SETUPS, help='where the camera is')
    parser.add_argument('--camera-info', type=Path, help='YAML of calibrate_intrinsics')
    add_board_options(parser, required=False)
    names = parser.add_argument_group('names of frames, where the files name none')
    for name, default in (('base', 'base'), ('gripper', 'gripper'), ('camera', 'camera')):
        names.add_argument(f'--{name}-frame', default=default, help=f'default: {default}')
    budget = parser.add_argument_group('what the views cannot show')
    for field in fields(Budget):
        budget.add_argument(
            '--' + field.name.replace('_', '-'), type=float,
            help=f'{field.metadata["doc"]} [{field.metadata["unit"]}], default: {field.default:g}'
            .replace('%', '%%'),
        )  # fmt: skip
    parser.add_argument(
        '--calibration', type=Path,
        help='calibration file of the camera: its lens is used, an accepted pose is written to it',
    )  # fmt: skip
    parser.add_argument('--report', type=Path, help='write a page with pictures here')
    parser.add_argument('--json', type=Path, help='write the result here')
    parser.add_argument('--force', action='store_true', help='replace files')
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    args: Any = _parser().parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
