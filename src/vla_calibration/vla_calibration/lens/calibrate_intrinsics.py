"""Calibrate the intrinsics of a camera from images of a board."""

import argparse
from pathlib import Path
import sys
from typing import Any, NamedTuple, TYPE_CHECKING

from vla_calibration.board.options import add_board_options, board_of
from vla_calibration.lens.camera_info import CameraInfo, require_camera_name, write_camera_info
from vla_calibration.lens.figures import (
    figures,
    parameter_rows,
    provenance,
)
from vla_calibration.lens.fit.choice import CANDIDATES
from vla_calibration.lens.fit.intrinsics import calibrate_intrinsics, Intrinsics
from vla_calibration.lens.image_set import find_images, ImageSet, read_image_set
from vla_calibration.lens.report import write_report
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.cli.path_types import file_to_write
from vla_contract.errors import VlaError
from vla_contract.whole_file import require_free

if TYPE_CHECKING:
    from vla_calibration.camera_target import CameraTarget


class Outputs(NamedTuple):
    """Files that are written; None where one is not."""

    camera_info: Path | None
    report: Path | None
    calibration: Path | None
    figures: Path | None


def run(args: argparse.Namespace) -> int:
    """Calibrate and write; 1 when a gate does not hold."""
    board = board_of(args)
    # What is wrong with the options is said before the work is done.
    target = _target(args)
    name = target.camera if target else args.camera_name
    require_camera_name(name)
    outputs = _outputs(args.output, target, args.json)
    for path in outputs:
        require_free(path, args.force)
    _require_window(args.subpixel_px)
    images = read_image_set(
        find_images(args.images, args.glob), board, args.subpixel_px, progress=True,
        say=lambda problem: print(f'skipped: {problem}', file=sys.stderr),
    )  # fmt: skip
    if target:
        target.require_size(images.size, 'images')
    result = calibrate_intrinsics(images.detections, images.size, args.model, lit=images.lit)
    found = figures(result, images, board, name)
    print('\n'.join(_lines(result, images)))
    if outputs.figures:
        write_json(outputs.figures, found)
    if outputs.report:
        write_report(outputs.report, name, str(board), images, result)
        print(f'report: {outputs.report}')
    if not result.accepted:
        is_held_back = outputs.camera_info or outputs.calibration
        print('not accepted' + (': no lens is written' if is_held_back else ''))
        for reason in result.reasons:
            print(f'  {reason}')
        return NOT_GOOD_ENOUGH
    if outputs.camera_info:
        info = CameraInfo(name, result.lens, provenance(found))
        write_camera_info(outputs.camera_info, info, args.force)
        print(f'camera_info: {outputs.camera_info}')
    if target:
        # Imported here: it needs scipy, whose import takes as long as a calibration.
        from vla_calibration.lens.calibration import save_intrinsics

        save_intrinsics(target, result, images, board, args.force)
        print(f'calibration: {target.path}')
    print('accepted')
    return DONE


def _target(args: argparse.Namespace) -> 'CameraTarget | None':
    if not args.camera:
        return None
    # Imported here, as below: a cell is read only where one is named.
    from vla_calibration.camera_target import camera_target

    return camera_target(args.camera, args.root)


def _outputs(output: Path | None, target: 'CameraTarget | None', json: Path | None) -> Outputs:
    """Return where everything goes: what --output names, and the folder of the calibration."""
    report = target.path.with_name('intrinsics.html') if target else None
    calibration = target.path if target else None
    if output is None:
        return Outputs(None, report, calibration, json)
    if output.suffix.lower() in ('.yaml', '.yml'):
        return Outputs(output, output.with_suffix('.html'), calibration, json)
    if output.is_file():
        raise VlaError(f'--output: found the file {output}; allowed: a .yaml file or a folder')
    info = output / 'camera_info.yaml'
    return Outputs(info, output / 'intrinsics.html', calibration, json)


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
    u = result.uncertainty.figures
    lines.append(
        f'projection  +- {u["far_centre"]:.2g} px in the middle, {u["far_worst"]:.2g} px at worst '
        f'where boards were seen; at {u["near_m"]:.2f} m {u["near_centre"]:.2g} and '
        f'{u["near_worst"]:.2g} px'
    )
    lines += [
        f'{gate.name}: {gate.found} (needed: {gate.needed})' + ('' if gate.holds else '  FAILS')
        for gate in result.gates
    ]
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        'camera intrinsics',
        'Calibrate the intrinsics of a camera from images of a board. Rejects views that do not '
        'belong, chooses the lens model by views left out, and accepts only what every gate '
        'passes: status 1 and what to add otherwise.',
        'vla camera intrinsics calibration_data/opencv_samples '
        "--glob 'left*.jpg' --board 9x6 --square-mm 25 --output runs/left",
    )
    parser.add_argument('images', nargs='+', type=Path, help='folder, or image files')
    parser.add_argument('--glob', default='*', help="names in a folder, e.g. 'left*.jpg'")
    add_board_options(parser)
    parser.add_argument(
        '--subpixel-px', type=int,
        help='half the window of the corner search; default: three tenths of a square, less where '
        'markers are near',
    )  # fmt: skip
    parser.add_argument(
        '--model', choices=('auto', *CANDIDATES), default='auto', help='lens; default: auto'
    )
    parser.add_argument(
        '--camera', metavar='CELL/CAMERA',
        help='cell and one of its cameras: begin its calibration file with an accepted lens',
    )  # fmt: skip
    parser.add_argument(
        '--root',
        type=Path,
        default=Path('calibration_data'),
        help='of calibration files; default: calibration_data',
    )
    parser.add_argument(
        '--camera-name', default='camera', help='without --camera: letters, digits, underscores'
    )
    parser.add_argument(
        '--output', type=Path,
        help='YAML for camera_info_manager with the report beside it, or a folder for both',
    )  # fmt: skip
    parser.add_argument('--json', type=file_to_write(), help='write the figures here')
    parser.add_argument('--force', action='store_true', help='replace files')
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    args: Any = _parser().parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
