"""Begin the calibration file of a camera with the lens of a camera_info file."""

import argparse
from dataclasses import replace
import math
from pathlib import Path
import sys
from typing import Any

import numpy as np
from vla_calibration.calibration_file import describe_lens, describe_source, save_lens, Verdict
from vla_calibration.camera_info import CameraInfo, read_camera_info
from vla_calibration.lens import Lens
from vla_contract.camera_calibration import COEFFICIENTS, LensCalibration, SourceImage
from vla_contract.camera_calibration_file import FILE_NAME, FOLDER
from vla_contract.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command
from vla_contract.contract import load_contract
from vla_contract.errors import VlaError
from vla_contract.values import Vector


def run(args: argparse.Namespace) -> int:
    """Write the file; status 1 where nobody says that the lens may be used."""
    robot, camera = load_contract(args.robot), args.camera
    expected = robot.camera(camera)
    info = read_camera_info(args.camera_info)
    if info.lens.size != (expected.width, expected.height):
        raise VlaError(
            f'{args.camera_info}: found {info.lens.width}x{info.lens.height} px; contract '
            f'{robot.name} has camera {camera} with {expected.width}x{expected.height}'
        )
    lens = lens_of_camera_info(info, args.because)
    if not lens.accepted:
        print(
            f'{args.camera_info} is not of an accepted calibrate_intrinsics; --because TEXT says '
            'why it may be trusted, e.g. a factory calibration; nothing was written'
        )
        return NOT_GOOD_ENOUGH
    path = args.output / robot.name / camera / FILE_NAME
    calibration = save_lens(path, robot.name, camera, lens, args.force)
    print(f'{path}: the lens of {robot.name}/{camera}, {calibration.id}')
    return DONE


def lens_of_camera_info(info: CameraInfo, because: str = '') -> LensCalibration:
    """Return the lens with its evidence, as the calibration file holds it.

    Args:
        info: ours, with provenance, or one of another tool, without.
        because: why a lens of unknown origin is accepted; '' does not accept it.
    """
    found = info.provenance
    is_ours = found.get('accepted') is True
    source = describe_source('calibrate_intrinsics' if is_ours else f'camera_info: {because}')
    known = {key: found[key] for key in ('date', 'opencv') if isinstance(found.get(key), str)}
    board, images = found.get('board'), found.get('images')
    if isinstance(board, dict):
        known['detector'] = str(board.get('kind', ''))
        known['board'] = ', '.join(f'{name} {value}' for name, value in board.items())
    used = images.items() if isinstance(images, dict) else ()
    source = replace(
        source, images=tuple(SourceImage(str(file), str(sha)) for file, sha in used), **known
    )
    return describe_lens(
        info.lens,
        source,
        Verdict(is_ours or bool(because), (because,) if because else ()),
        _number(found.get('rms_px')),
        _number(found.get('held_out_rms_px')),
        _covariance(found.get('std'), info.lens),
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _covariance(std: Any, lens: Lens) -> Vector | None:
    """Return the squares of the standard deviations on the diagonal; None if some are missing.

    A k3 that was not estimated has none: zero.
    """
    size, fewest = 4 + len(lens.distortion), 4 + min(COEFFICIENTS[lens.model])
    if not isinstance(std, dict) or not fewest <= len(std) <= size:
        return None
    values = [_number(value) for value in std.values()]
    if None in values:
        return None
    variances = np.zeros(size)
    variances[: len(values)] = np.square(np.array(values, dtype=np.float64))
    return np.diag(variances)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'vla_calibration.begin_calibration',
        'Begin the calibration file of a camera with the lens of a camera_info file: that of '
        'calibrate_intrinsics, or one of a driver or another tool. calibrate_hand_eye adds the '
        'pose.',
        'python -m vla_calibration.begin_calibration panda_2f85 top runs/top/camera_info.yaml',
    )
    parser.add_argument('robot', help='name or path of a contract')
    parser.add_argument('camera', help='name of a camera of the contract')
    parser.add_argument('camera_info', type=Path, help='camera_info YAML')
    parser.add_argument('--because', default='', metavar='TEXT', help='why a foreign lens is good')
    parser.add_argument('--output', type=Path, default=Path(FOLDER), help='default: ' + FOLDER)
    parser.add_argument('--force', action='store_true', help='replace the file, drop its pose')
    args = parser.parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
