"""Calibrate eye-in-hand or eye-to-hand extrinsics, of one camera or several together."""

import argparse
from collections.abc import Sequence
from dataclasses import fields
import math
from pathlib import Path
import sys
from typing import Any

from vla_calibration.board.options import add_board_options
from vla_calibration.calibration_file import save_pose
from vla_calibration.geometry.pose_text import ROTATIONS
from vla_calibration.hand_eye.data import Views
from vla_calibration.hand_eye.figures import between_figures, extrinsics, figures, rejected
from vla_calibration.hand_eye.formats.rows import UNITS
from vla_calibration.hand_eye.formats.stamped import CAMERA_IN_BOARD, STAMPED
from vla_calibration.hand_eye.hand_eye import Budget, calibrate_hand_eye, HandEyeResult
from vla_calibration.hand_eye.input import CameraInput, read_inputs
from vla_calibration.hand_eye.multi_camera import calibrate_cameras
from vla_calibration.hand_eye.report import write_report
from vla_calibration.hand_eye.solve.problem import SETUPS
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.cli.path_types import file_to_write
from vla_contract.whole_file import require_free


def run(args: argparse.Namespace) -> int:
    """Calibrate and write; 1 when the answer, or one of several, is not accepted."""
    require_free(args.json, args.force)
    cameras = read_inputs(args)
    reports = [_report_path(args.report, camera, len(cameras)) for camera in cameras]
    for report in reports:
        require_free(report, args.force)
    results, found = _calibrate(cameras)
    for camera, result, report in zip(cameras, results, reports, strict=True):
        print('\n'.join(_lines(result, camera.views)))
        if report:
            write_report(report, result, camera.views)
            print(f'report: {report}')
    if args.json:
        write_json(args.json, found)
        print(f'result: {args.json}')
    return _conclude(cameras, results, args.force)


def _calibrate(cameras: list[CameraInput]) -> tuple[list[HandEyeResult], dict[str, Any]]:
    """Return the result of each camera, and all figures; several cameras share one fit."""
    if len(cameras) == 1:
        (camera,) = cameras
        views = camera.views
        result = calibrate_hand_eye(views.used, camera.setup, views.frames, camera.budget)
        return [result], figures(result, views)
    together = calibrate_cameras(
        {camera.name: camera.views.used for camera in cameras},
        cameras[0].setup,
        {camera.name: camera.views.frames for camera in cameras},
        {camera.name: camera.budget for camera in cameras},
    )
    results = [together.each[camera.name] for camera in cameras]
    found = {
        camera.name: figures(result, camera.views)
        for camera, result in zip(cameras, results, strict=True)
    }
    return results, {'cameras': found, 'between': between_figures(together)}


def _conclude(cameras: list[CameraInput], results: list[HandEyeResult], force: bool) -> int:
    """Write the poses, all or none: together they describe one board."""
    refused = [result for result in results if not result.is_accepted]
    targets = [camera.calibration for camera in cameras if camera.calibration]
    if refused:
        print('not accepted' + (': the calibration is left as it is' if targets else ''))
        for result in refused:
            for reason in result.reasons:
                print(f'  {reason}' if len(results) == 1 else f'  {result.camera.child}: {reason}')
        return NOT_GOOD_ENOUGH
    for camera, result in zip(cameras, results, strict=True):
        if camera.calibration:
            save_pose(camera.calibration, extrinsics(result, camera.views), force)
            print(f'calibration: {camera.calibration}')
    print('accepted')
    return DONE


def _report_path(report: Path | None, camera: CameraInput, count: int) -> Path | None:
    """Return where the page goes; each of several cameras has its own."""
    if report is None or count == 1:
        return report
    return report.with_stem(f'{report.stem}-{camera.name}')


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
    lines += [f'note         {note}' for note in views.notes]
    lines += [f'warning      {warning}' for warning in result.warnings]
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        'camera hand-eye',
        'Find the pose of a camera on the gripper (eye-in-hand) or beside the robot '
        '(eye-to-hand), with its error. Status 1, and what to do, when it is not accepted.\n'
        'Several folders, one for each of several cameras that saw the same board, are solved '
        'together; --calibration or --camera-info then names one file for each, in that order.',
        'vla camera hand-eye '
        'calibration_data/my_cell/wrist/images_1 '
        '--setup eye-in-hand --camera-info runs/wrist/camera_info.yaml --kind charuco '
        '--board 7x5 --square-mm 30 --marker-mm 22 --report runs/wrist/hand_eye.html',
    )
    parser.add_argument(
        'inputs', nargs='+', type=Path,
        help='folder with cal_data.yaml (images and robot poses), or poses of robot and board: '
        'our YAML with named frames, moveit_calibration, easy_handeye2 .samples; or two files, of '
        'the robot and of the board: CSV with time stamps, rows of numbers, 4x4 matrices, JSON',
    )  # fmt: skip
    parser.add_argument(
        '--robot-poses', type=Path, metavar='FILE',
        help='poses of the gripper in the base, one for each image in order of names: rows of '
        'numbers, 4x4 matrices, JSON, or a folder with one file each; default: cal_data.yaml',
    )  # fmt: skip
    parser.add_argument(
        '--unit', choices=UNITS, default='m', help='of lengths in rows of numbers; default: m'
    )
    parser.add_argument(
        '--rotation', choices=('', *ROTATIONS), default='', metavar='NAME',
        help=f'of rows of numbers: {", ".join(ROTATIONS)}; default: xyzw where there are four',
    )  # fmt: skip
    parser.add_argument(
        '--stamped-board', choices=STAMPED, default=CAMERA_IN_BOARD,
        help='what the second of two files with time stamps holds; default: camera-in-board, as '
        'ethz-asl/hand_eye_calibration writes it',
    )  # fmt: skip
    parser.add_argument('--setup', choices=SETUPS, help='where the camera is')
    parser.add_argument(
        '--camera-info', type=Path, nargs='+', metavar='FILE',
        help='lens: camera_info YAML, or a calibration file; default: camera_info.yaml in the '
        'folder',
    )  # fmt: skip
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
        '--calibration', type=Path, nargs='+', metavar='FILE',
        help='calibration file of the camera: its lens is used, an accepted pose is written to it',
    )  # fmt: skip
    parser.add_argument(
        '--report', type=file_to_write('.html'), help='write a page with pictures here'
    )
    parser.add_argument('--json', type=file_to_write(), help='write the result here')
    parser.add_argument('--force', action='store_true', help='replace files')
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    args: Any = _parser().parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
