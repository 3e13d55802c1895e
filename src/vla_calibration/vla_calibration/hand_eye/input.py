"""What `vla camera hand-eye` is given: folders of images or lists of poses, and options."""

import argparse
from dataclasses import dataclass, fields
import math
from pathlib import Path
import sys
from typing import Any

import numpy as np
from vla_calibration.board.boards import Board
from vla_calibration.board.options import board_of
from vla_calibration.calibration_file import lens_of
from vla_calibration.capture.folder import CAL_DATA, load_session, SESSION
from vla_calibration.hand_eye.data import read_pose_views, Views
from vla_calibration.hand_eye.formats.rows import RowFormat
from vla_calibration.hand_eye.hand_eye import Budget
from vla_calibration.hand_eye.image_views import listed_poses, read_image_views
from vla_calibration.hand_eye.solve.problem import Frames, HandEyeError, SETUPS
from vla_calibration.lens.camera_info import CameraInfo, read_camera_info
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.cameras.calibration_file import load_calibration
from vla_contract.errors import VlaError
from vla_contract.schema import build, load_yaml
from vla_contract.values import Vector


@dataclass(frozen=True)
class CameraInput:
    """What one camera saw.

    Attributes:
        name: of the camera; where nothing names it, of its folder.
        setup: eye-in-hand or eye-to-hand.
        views: the board and the robot.
        budget: what else is uncertain.
        calibration: file that gets the pose; None where none does.
    """

    name: str
    setup: str
    views: Views
    budget: Budget
    calibration: Path | None


def read_inputs(args: argparse.Namespace) -> list[CameraInput]:
    """Read what the arguments of `vla camera hand-eye` name; options say what files do not.

    Raises:
        VlaError: files and options do not fit together, or a file is malformed.
    """
    folders = [path if path.is_dir() else path.parent for path in args.inputs]
    has_images = [_is_of_images(path, args) for path in args.inputs]
    if any(has_images) and not all(has_images):
        raise HandEyeError('inputs: found images and poses; allowed: folders, or lists of poses')
    if not any(has_images):
        return [_read_poses(args)]
    if args.robot_poses is not None and len(folders) > 1:
        raise HandEyeError('--robot-poses: found several folders; allowed: one')
    lenses = _lens_files(args, folders)
    cameras = [
        _read_images(args, folder, lens) for folder, lens in zip(folders, lenses, strict=True)
    ]
    names = [camera.name for camera in cameras]
    if len(set(names)) < len(names):
        raise HandEyeError(f'folders: found cameras {", ".join(names)}; allowed: each once')
    return cameras


def _is_of_images(path: Path, args: argparse.Namespace) -> bool:
    """Whether an input is a folder of images; with --robot-poses it need hold no cal_data.yaml."""
    is_listed = (path / CAL_DATA).is_file() or args.robot_poses is not None
    # A folder without an index may hold poses, one in each file.
    is_of_poses = path.is_dir() and not is_listed and len(args.inputs) == 2
    return path.name == CAL_DATA or (path.is_dir() and not is_of_poses)


def _read_poses(args: argparse.Namespace) -> CameraInput:
    """Read one list of poses, or two CSV files."""
    frames = Frames(args.base_frame, args.gripper_frame, args.camera_frame)
    setup = _known_setup(args.setup)
    views = read_pose_views(args.inputs, setup, frames, _row_format(args), args.stamped_board)
    target = args.calibration[0] if args.calibration else None
    if target is not None:
        _require_room(load_calibration(target), target, args.force)
    return CameraInput(frames.camera, setup, views, _budget(args, None, False), target)


def _lens_files(args: argparse.Namespace, folders: list[Path]) -> list[Path]:
    """Return the file with the lens of each folder's camera."""
    if args.calibration and args.camera_info:
        raise HandEyeError('--calibration holds the lens already; drop --camera-info')
    given = args.calibration or args.camera_info
    if not given:
        given = [folder / 'camera_info.yaml' for folder in folders]
        if not all(path.is_file() for path in given):
            raise HandEyeError(
                'images: need --calibration or --camera-info, of vla camera intrinsics'
            )
    if len(given) != len(folders):
        raise HandEyeError(
            f'lenses: found {len(given)} files for {len(folders)} folders; needed: one each, in '
            'the same order'
        )
    return list(given)


def _read_images(args: argparse.Namespace, folder: Path, lens_file: Path) -> CameraInput:
    """Read one folder; what speaks against writing its pose is said before the work."""
    frames = Frames(args.base_frame, args.gripper_frame, args.camera_frame)
    name, setup, board = folder.name, args.setup, None
    if (folder / SESSION).is_file():
        session = load_session(folder)
        frames = Frames(session.base_frame, session.tool_frame, session.camera_frame, 'board')
        name, setup, board = session.camera, setup or session.setup, session.board
    setup = _known_setup(setup)
    info, calibration = _read_lens(lens_file)
    if args.calibration and calibration is None:
        raise VlaError(f'{lens_file}: found a camera_info file; --camera-info takes it')
    if args.calibration and calibration is not None:
        _require_room(calibration, lens_file, args.force)
    board = _board(args) if args.board else board
    if board is None:
        raise HandEyeError('images: need --board and --square-mm to find the board in them')
    if len(args.inputs) > 1:
        # Each camera would settle by itself where the board begins.
        board.require_unambiguous()
    poses = None
    if args.robot_poses is not None:
        poses = listed_poses(folder, args.robot_poses, frames, _row_format(args))
    bow_m = _bow_m(info, board)
    views = read_image_views(folder, board, info.lens, frames, setup, poses, bow_m, _say_skipped)
    target = lens_file if args.calibration else None
    return CameraInput(name, setup, views, _budget(args, info, bow_m is not None), target)


def _row_format(args: argparse.Namespace) -> RowFormat:
    return build(RowFormat, {'unit': args.unit, 'rotation': args.rotation}, 'options')


def _say_skipped(problem: str) -> None:
    print(f'skipped: {problem}', file=sys.stderr)


def _known_setup(setup: str | None) -> str:
    if setup not in SETUPS:
        raise HandEyeError(f'--setup: found {setup}; allowed: {", ".join(SETUPS)}')
    return setup


def _board(args: argparse.Namespace) -> Board:
    if args.square_mm is None:
        raise HandEyeError('--board: needs --square-mm, as measured on the print')
    return board_of(args)


def _read_lens(path: Path) -> tuple[CameraInfo, CameraCalibration | None]:
    """Return the lens of a camera_info or a calibration file, and how sure it is."""
    content: dict[str, Any] = load_yaml(path)
    if 'lens' not in content:
        return read_camera_info(path), None
    calibration = load_calibration(path)
    lens = calibration.lens
    std = {'fx': math.sqrt(lens.covariance[0])} if lens.covariance else {}
    known = {
        'std': std, 'board_bow_mm': list(lens.board_bow_mm), 'board_name': lens.provenance.board
    }  # fmt: skip
    return CameraInfo(calibration.camera, lens_of(calibration), known), calibration


def _require_room(calibration: CameraCalibration, path: Path, force: bool) -> None:
    if calibration.extrinsics is not None and not force:
        raise VlaError(f'{path} has a pose already; give --force to replace it')


def _bow_m(info: CameraInfo, board: Board) -> Vector | None:
    """Return the bow of the board, shape (2,) [m]; None where the lens is of another board."""
    bow = info.provenance.get('board_bow_mm')
    is_this_board = info.provenance.get('board_name') == str(board)
    if not is_this_board or not isinstance(bow, list) or len(bow) != 2:
        return None
    return np.array(bow, dtype=np.float64) / 1000.0


def _budget(args: argparse.Namespace, info: CameraInfo | None, is_bow_known: bool) -> Budget:
    """Return the budget; the lens file knows how uncertain its focal length is.

    Not below the default where the board was taken as flat: what a bow does to the focal length,
    and to the pose of the board, is in no deviation.
    """
    values = {
        field.name: getattr(args, field.name)
        for field in fields(Budget)
        if getattr(args, field.name) is not None
    }
    if info is not None and 'focal_sigma_percent' not in values:
        std = info.provenance.get('std')
        fx_std = std.get('fx') if isinstance(std, dict) else None
        if isinstance(fx_std, int | float):
            percent = 100.0 * float(fx_std) / float(info.lens.K[0, 0])
            least = 0.0 if is_bow_known else Budget().focal_sigma_percent
            values['focal_sigma_percent'] = max(percent, least)
    return build(Budget, values, 'options')
