"""Reads views of a board from poses that others write.

| input | layout |
|---|---|
| ours | YAML: frames {base, gripper, camera, board}, views [{name, robot, board}], named poses |
| moveit_calibration | YAML list of {effector_wrt_world: [16], object_wrt_sensor: [16]} |
| its saved samples | JSON list of pairs of 4x4 matrices: gripper in base, board in camera |
| easy_handeye2 | `.samples`: samples [{robot, tracking}] |
| ethz-asl/hand_eye_calibration | two CSV files of t, x, y, z, qx, qy, qz, qw: the gripper in the
  base, the camera in the board; paired by time |
| two lists | text, JSON or folders, see `formats.rows`: gripper in base, board in camera |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from vla_calibration.board.boards import Board
from vla_calibration.geometry.pose import require_frames
from vla_calibration.geometry.pose_text import (
    matrix_pose,
    named_pose,
    PoseTextError,
    ros_transform,
)
from vla_calibration.hand_eye.formats.rows import read_poses, RowFormat
from vla_calibration.hand_eye.formats.stamped import CAMERA_IN_BOARD, is_stamped, read_stamped
from vla_calibration.hand_eye.solve.problem import Frames, View
from vla_calibration.lens.lens import Lens
from vla_contract.schema import build, load_document


@dataclass(frozen=True)
class Views:
    """What a hand-eye calibration is computed from.

    Attributes:
        used: the views.
        skipped: name and reason of each that is not used.
        frames: names of the frames of the poses.
        sigma_px: corner noise per coordinate [px]; None where only poses are known.
        lens: of the camera; None where only poses are known.
        board: what was seen; None where only poses are known.
        images: files of the used views; empty where only poses are known.
        notes: what was done to the poses that their owner should know.
    """

    used: tuple[View, ...]
    skipped: tuple[tuple[str, str], ...]
    frames: Frames
    sigma_px: float | None = None
    lens: Lens | None = None
    board: Board | None = None
    images: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


def read_pose_views(
    paths: Sequence[Path],
    setup: str,
    frames: Frames,
    form: RowFormat | None = None,
    stamped_board: str = CAMERA_IN_BOARD,
) -> Views:
    """Read board poses and robot poses.

    Args:
        paths: one file, or two: robot poses, board poses.
        setup: eye-in-hand or eye-to-hand.
        frames: names for poses of files that name none.
        form: what rows of numbers do not say themselves.
        stamped_board: what the second of two files with time stamps holds, one of STAMPED.

    Raises:
        PoseTextError: a file is malformed.
        FrameError: a named pose has other frames, or its inverse was written.
        HandEyeError: the time stamps of two files do not meet.
    """
    if len(paths) == 2:
        if any(is_stamped(path) for path in paths):
            views, notes = read_stamped(paths[0], paths[1], frames, stamped_board)
            return Views(tuple(views), (), frames, notes=tuple(notes))
        return _from_rows(paths[0], paths[1], frames, form or RowFormat())
    path = paths[0]
    content = load_document(path, 'poses')
    if isinstance(content, list) and content and not isinstance(content[0], dict):
        return _from_pairs(content, path, frames)
    if isinstance(content, list):
        return _from_moveit(content, path, frames)
    if isinstance(content, dict) and 'samples' in content:
        return _from_easy_handeye(content['samples'], path, setup, frames)
    if isinstance(content, dict) and 'views' in content:
        return _from_named(content, path)
    raise PoseTextError(
        f"{path}: found neither 'views' with named frames, nor 'samples' of easy_handeye2, nor a "
        'list of moveit_calibration'
    )


def _from_named(content: dict[str, Any], path: Path) -> Views:
    frames = build(Frames, content.get('frames'), str(path), 'frames.')
    if not isinstance(content['views'], list):
        raise PoseTextError(f'{path}: views must be a list')
    views = []
    for count, entry in enumerate(content['views']):
        where = f'{path}, view {count}'
        if not isinstance(entry, dict) or not {'robot', 'board'} <= set(entry):
            raise PoseTextError(f"{where}: found {entry!r}; allowed: 'robot' and 'board'")
        robot = named_pose(entry['robot'], f'{where}, robot')
        board = named_pose(entry['board'], f'{where}, board')
        require_frames(robot, frames.base, frames.gripper)
        require_frames(board, frames.camera, frames.board)
        views.append(View(str(entry.get('name', count)), robot, board))
    return Views(tuple(views), (), frames)


def _from_moveit(content: list[Any], path: Path, frames: Frames) -> Views:
    views = []
    for count, entry in enumerate(content):
        where = f'{path}, entry {count}'
        keys = ('effector_wrt_world', 'object_wrt_sensor')
        if not isinstance(entry, dict) or not set(keys) <= set(entry):
            raise PoseTextError(f'{where}: found {entry!r}; allowed: {" and ".join(keys)}')
        robot = matrix_pose(entry[keys[0]], f'{where}, {keys[0]}', frames.base, frames.gripper)
        board = matrix_pose(entry[keys[1]], f'{where}, {keys[1]}', frames.camera, frames.board)
        views.append(View(str(count), robot, board))
    return Views(tuple(views), (), frames)


def _from_easy_handeye(samples: Any, path: Path, setup: str, frames: Frames) -> Views:
    """Read samples; with the camera beside the robot they hold the base in the gripper."""
    if not isinstance(samples, list):
        raise PoseTextError(f'{path}: samples must be a list')
    base, gripper = frames.base, frames.gripper
    views = []
    for count, entry in enumerate(samples):
        where = f'{path}, sample {count}'
        if not isinstance(entry, dict):
            raise PoseTextError(f"{where}: found {entry!r}; allowed: 'robot' and 'tracking'")
        if setup == 'eye-in-hand':
            robot = ros_transform(entry.get('robot'), f'{where}, robot', base, gripper)
        else:
            robot = ros_transform(entry.get('robot'), f'{where}, robot', gripper, base).inverse()
        board = ros_transform(
            entry.get('tracking'), f'{where}, tracking', frames.camera, frames.board
        )
        views.append(View(str(count), robot, board))
    return Views(tuple(views), (), frames)


def _from_pairs(content: list[Any], path: Path, frames: Frames) -> Views:
    """Read pairs of 4x4 matrices, as moveit_calibration saves its samples."""
    views = []
    for count, entry in enumerate(content):
        where = f'{path}, entry {count}'
        if np.shape(entry) != (2, 4, 4):
            raise PoseTextError(
                f'{where}: found {str(entry)[:60]}; allowed: two 4x4 matrices, of the gripper in '
                'the base and of the board in the camera'
            )
        first, second = (np.array(T, dtype=np.float64).ravel().tolist() for T in entry)
        robot = matrix_pose(first, f'{where}, first', frames.base, frames.gripper)
        board = matrix_pose(second, f'{where}, second', frames.camera, frames.board)
        views.append(View(str(count), robot, board))
    return Views(tuple(views), (), frames)


def _from_rows(robot: Path, board: Path, frames: Frames, form: RowFormat) -> Views:
    robots = read_poses(robot, frames.base, frames.gripper, form)
    boards = read_poses(board, frames.camera, frames.board, form)
    if len(robots) != len(boards):
        raise PoseTextError(
            f'{robot} has {len(robots)} poses and {board} {len(boards)}; needed: one each per view'
        )
    views = [
        View(str(count), *pair) for count, pair in enumerate(zip(robots, boards, strict=True))
    ]
    return Views(tuple(views), (), frames)
