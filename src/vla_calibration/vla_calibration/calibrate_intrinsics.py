"""Calibrates a camera's intrinsics from images of a board."""

import argparse
from pathlib import Path
import sys
from typing import Any

from vla_calibration.board_options import add_board_options, board_of
from vla_calibration.camera_info import CameraInfo, require_camera_name, write_camera_info
from vla_calibration.image_set import find_images, ImageSet, read_image_set
from vla_calibration.intrinsics import calibrate_intrinsics, Intrinsics
from vla_calibration.intrinsics_figures import figures, parameter_rows, provenance
from vla_calibration.intrinsics_report import write_report
from vla_calibration.lens_choice import CANDIDATES
from vla_contract.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.errors import VlaError
from vla_contract.whole_file import require_free


def run(args: argparse.Namespace) -> int:
    """Calibrate and write; 1 when a gate does not hold."""
    board = board_of(args)
    info_path, report_path = _outputs(args.output)
    # What is wrong with the options is said before the work is done.
    require_camera_name(args.camera_name)
    for path in (info_path, report_path, args.json):
        require_free(path, args.force)
    _require_window(args.subpixel_px)
    images = read_image_set(
        find_images(args.images, args.glob), board, args.subpixel_px, progress=True
    )
    for image in images.skipped:
        print(f'skipped: {image.problem}', file=sys.stderr)
    result = calibrate_intrinsics(images.detections, images.size, args.model)
    found = figures(result, images, board, args.camera_name)
    info = CameraInfo(args.camera_name, result.lens, provenance(found))
    print('\n'.join(_lines(result, images)))
    if args.json:
        write_json(args.json, found)
    if report_path:
        write_report(report_path, args.camera_name, str(board), images, result)
        print(f'report: {report_path}')
    return _conclude(result, info, info_path, args.force)


def _conclude(result: Intrinsics, info: CameraInfo, path: Path | None, force: bool) -> int:
    """Write what drivers load, but only what is accepted."""
    if not result.accepted:
        print('not accepted' + (': no camera_info is written' if path else ''))
        for reason in result.reasons:
            print(f'  {reason}')
        return NOT_GOOD_ENOUGH
    if path:
        write_camera_info(path, info, force)
        print(f'camera_info: {path}')
    print('accepted')
    return DONE


def _outputs(output: Path | None) -> tuple[Path | None, Path | None]:
    """Return where camera_info and report go: named by the YAML, or fixed names in a folder."""
    if output is None:
        return None, None
    if output.suffix.lower() in ('.yaml', '.yml'):
        return output, output.with_suffix('.html')
    if output.is_file():
        raise VlaError(f'--output: found the file {output}; allowed: a .yaml file or a folder')
    return output / 'camera_info.yaml', output / 'intrinsics.html'


def _require_window(half_px: int | None) -> None:
    if half_px is not None and not 2 <= half_px <= 50:
        raise VlaError(f'--subpixel-px: found {half_px}; allowed: 2 to 50')


def _lines(result: Intrinsics, images: ImageSet) -> list[str]:
    """Return what a person wants to know at once."""
    rejected = [
        f'{images.used[view].path.name} ({result.view_rms[view]:.2f} px)'
        for view in range(len(images.used))
        if view not in result.kept
    ]
    lines = [
        f'views       {len(result.kept)} used of {len(images.used) + len(images.skipped)} images'
        + (f'; rejected: {", ".join(rejected)}' if rejected else ''),
        f'model       {result.chosen}',
    ]
    lines += [f'{name:<11} {value:.6g} +- {std}' for name, value, std in parameter_rows(result)]
    lines += [
        f'{gate.name}: {gate.found} (needed: {gate.needed})' + ('' if gate.holds else '  FAILS')
        for gate in result.gates
    ]
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        'vla_calibration.calibrate_intrinsics',
        'Calibrate the intrinsics of a camera from images of a board. Rejects views that do not '
        'belong, chooses the lens model by views left out, and accepts only what every gate '
        'passes: status 1 and what to add otherwise.',
        'python -m vla_calibration.calibrate_intrinsics calibration_data/opencv_samples '
        "--glob 'left*.jpg' --board 9x6 --square-mm 25 --output runs/left",
    )
    parser.add_argument('images', nargs='+', type=Path, help='folder, or image files')
    parser.add_argument('--glob', default='*', help="names in a folder, e.g. 'left*.jpg'")
    add_board_options(parser)
    parser.add_argument(
        '--subpixel-px', type=int,
        help='half the window of the corner search; default: 5, or less where corners are near',
    )  # fmt: skip
    parser.add_argument(
        '--model', choices=('auto', *CANDIDATES), default='auto', help='lens; default: auto'
    )
    parser.add_argument('--camera-name', default='camera', help='letters, digits, underscores')
    parser.add_argument(
        '--output', type=Path,
        help='YAML for camera_info_manager with the report beside it, or a folder for both',
    )  # fmt: skip
    parser.add_argument('--json', type=Path, help='write the figures here')
    parser.add_argument('--force', action='store_true', help='replace files')
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    args: Any = _parser().parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
