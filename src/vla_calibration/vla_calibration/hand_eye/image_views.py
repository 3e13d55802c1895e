"""Reads views of a board from images with robot poses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from vla_calibration.board.boards import Board
from vla_calibration.board.bow import bowed
from vla_calibration.board.detection import Detection
from vla_calibration.board.pose import board_pose, BoardPose, BoardPoseError, corner_noise_px
from vla_calibration.board.turned import turned_points, turns
from vla_calibration.capture.folder import CAL_DATA, list_samples
from vla_calibration.geometry.pose import Pose, require_frames
from vla_calibration.geometry.pose_text import flat_pose, PoseTextError
from vla_calibration.hand_eye.data import Views
from vla_calibration.hand_eye.formats.rows import in_order, read_poses, RowFormat
from vla_calibration.hand_eye.solve.origin import settle_turns
from vla_calibration.hand_eye.solve.problem import Frames, HandEyeError, make_problem, View
from vla_calibration.hand_eye.solve.solver import require_views
from vla_calibration.lens.image_set import BoardImage, find_images, read_image_set
from vla_calibration.lens.lens import Lens
from vla_contract.schema import load_document
from vla_contract.values import Vector


@dataclass(frozen=True, eq=False)
class _Seen:
    """One image in which the board can be used."""

    path: Path
    detection: Detection
    pose: BoardPose


def read_image_views(
    path: Path,
    board: Board,
    lens: Lens,
    frames: Frames,
    setup: str = '',
    poses: Mapping[Path, Pose] | None = None,
    bow_m: Vector | None = None,
    say: Callable[[str], None] | None = None,
) -> Views:
    """Read images with robot poses, find the board in them and compute its poses.

    A view is not used where too little of the board is seen, or where the board could as well
    be tilted the other way. Where the board looks the same after a turn, the poses of the robot
    tell which way round it was.

    Args:
        path: cal_data.yaml, a list of {image, pose}, or the folder it lies in.
        board: what is in the images.
        lens: of the camera that took them.
        frames: names of the frames.
        setup: eye-in-hand or eye-to-hand; needed for a board that looks the same after a turn.
        poses: of the robot for each image; None to read those that the folder lists.
        bow_m: how far the middle of this board stands out along rows and columns, shape (2,) [m],
            as the calibration of the lens found it; None for a flat one.
        say: told why an image is not used, before anything is raised.

    Raises:
        BoardError: the board looks the same after a turn, and no set-up is given.
        HandEyeError: the images are not of this camera, or nothing tells where the board begins.
        PoseTextError: a file is malformed.
    """
    if not setup:
        board.require_unambiguous()
    poses = poses or _robot_poses(path if path.is_dir() else path.parent, frames)
    images = read_image_set(list(poses), board, progress=True, say=say)
    if images.size != lens.size:
        raise HandEyeError(
            f'images are {images.size[0]}x{images.size[1]}, the lens was calibrated at '
            f'{lens.width}x{lens.height}; allowed: the same size'
        )
    skipped = [(image.path.name, image.problem) for image in images.skipped]
    seen: list[_Seen] = []
    for image in images.used:
        answer = _seen_or_reason(image, board, lens, bow_m)
        if isinstance(answer, _Seen):
            seen.append(answer)
            continue
        skipped.append((image.path.name, answer))
        if say:
            say(f'{image.path.name}: {answer}')
    require_views(len(seen))
    sigma_px = corner_noise_px([each.pose for each in seen])
    views = [_view(each, poses[each.path], sigma_px, frames) for each in seen]
    if board.is_ambiguous:
        views = _settled(views, board, setup, frames)
    paths = tuple(each.path for each in seen)
    return Views(tuple(views), tuple(skipped), frames, sigma_px, lens, board, paths)


def _seen_or_reason(
    image: BoardImage, board: Board, lens: Lens, bow_m: Vector | None
) -> _Seen | str:
    """Return the pose of the board in one image, or why it cannot be used."""
    detection, whole = image.detection, len(board.points())
    # Depth from a corner of the board is so uncertain that it says more of the lens than of X.
    if detection is None or 2 * len(detection) <= whole:
        count = 0 if detection is None else len(detection)
        return f'only {count} of {whole} points are seen; needed: more than half'
    if bow_m is not None:
        whole_board = board.points()
        extent = np.stack([whole_board.min(axis=0), whole_board.max(axis=0)])
        detection = replace(detection, points=bowed(detection.points, bow_m, extent))
    try:
        pose = board_pose(detection, lens)
    except BoardPoseError as error:
        return str(error)
    if pose.is_ambiguous:
        return (
            f'ambiguous: tilted the other way the board fits only {pose.branch_ratio:.1f} times '
            'worse; needed: 2; tilt it, or go nearer'
        )
    return _Seen(image.path, detection, pose)


def _view(seen: _Seen, robot: Pose, sigma_px: float, frames: Frames) -> View:
    board = Pose(frames.camera, frames.board, seen.pose.T_camera_board)
    return View(
        seen.path.name, robot, board, seen.pose.covariance(sigma_px), seen.detection.pixels,
        seen.detection.points,
    )  # fmt: skip


def _settled(views: Sequence[View], board: Board, setup: str, frames: Frames) -> list[View]:
    """Turn each board to the way round that agrees with the robot."""
    possible = turns(board)
    choice = settle_turns(make_problem(views, setup, frames), possible)
    settled = []
    for view, k in zip(views, choice, strict=True):
        T = view.board.T @ possible[k]
        seen = np.asarray(view.points)
        points = turned_points(seen * [1.0, 1.0, 0.0], board, possible[k])
        # What stands out does so whatever a point is called.
        points[:, 2] = seen[:, 2]
        placed = Pose(frames.camera, frames.board, T)
        settled.append(replace(view, board=placed, points=points))
    return settled


def listed_poses(
    folder: Path, robot_poses: Path, frames: Frames, form: RowFormat
) -> dict[Path, Pose]:
    """Return the robot's pose for each image of a folder without an index, in order of names.

    Raises:
        PoseTextError: there are not as many poses as images, or a pose is malformed.
        ImageSetError: the folder holds no image.
    """
    images = in_order(find_images([folder]))
    poses = read_poses(robot_poses, frames.base, frames.gripper, form)
    if len(images) != len(poses):
        raise PoseTextError(
            f'{robot_poses}: found {len(poses)} poses for {len(images)} images in {folder}; '
            'needed: one each, in the order of the names'
        )
    return dict(zip(images, poses, strict=True))


def _robot_poses(folder: Path, frames: Frames) -> dict[Path, Pose]:
    """Return the robot's pose for each image of a folder."""
    poses: dict[Path, Pose] = {}
    for sample in list_samples(folder):
        if not sample.pose:
            raise PoseTextError(f'{folder / CAL_DATA}: {sample.image} has no pose of the robot')
        file = folder / sample.pose
        pose = flat_pose(load_document(file), str(file), frames.base, frames.gripper)
        poses[folder / sample.image] = require_frames(pose, frames.base, frames.gripper)
    if not poses:
        raise PoseTextError(f'{folder / CAL_DATA}: found no images; allowed: a list of them')
    return poses
