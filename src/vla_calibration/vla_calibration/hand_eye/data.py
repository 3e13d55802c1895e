"""Reads views of a board from what others write: pose lists, and images with robot poses.

| input | layout |
|---|---|
| ours | YAML: frames {base, gripper, camera, board}, views [{name, robot, board}], named poses |
| moveit_calibration | YAML list of {effector_wrt_world: [16], object_wrt_sensor: [16]} |
| easy_handeye2 | `.samples`: samples [{robot, tracking}] |
| ethz-asl/hand_eye_calibration | two CSV files of t, x, y, z, qx, qy, qz, qw |
| robot_cal_tools, our capture node | folder or cal_data.yaml: list of {image, pose} |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vla_calibration.board.boards import Board
from vla_calibration.board.detection import Detection
from vla_calibration.board.pose import board_pose, BoardPose, BoardPoseError, corner_noise_px
from vla_calibration.capture.folder import CAL_DATA, list_samples
from vla_calibration.geometry.pose import Pose, require_frames
from vla_calibration.geometry.pose_text import (
    csv_poses,
    flat_pose,
    matrix_pose,
    named_pose,
    PoseTextError,
    ros_transform,
)
from vla_calibration.hand_eye.solve.problem import Frames, HandEyeError, View
from vla_calibration.lens.image_set import BoardImage, read_image_set
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
    """

    used: tuple[View, ...]
    skipped: tuple[tuple[str, str], ...]
    frames: Frames
    sigma_px: float | None = None
    lens: Lens | None = None
    board: Board | None = None
    images: tuple[Path, ...] = ()


def read_pose_views(paths: Sequence[Path], setup: str, frames: Frames) -> Views:
    """Read board poses and robot poses.

    Args:
        paths: one file, or two CSV files: robot poses, board poses.
        setup: eye-in-hand or eye-to-hand.
        frames: names for poses of files that name none.

    Raises:
        PoseTextError: a file is malformed.
        FrameError: a named pose has other frames, or its inverse was written.
    """
    if len(paths) == 2:
        return _from_csv(paths[0], paths[1], frames)
    path = paths[0]
    content = load_document(path, 'poses')
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


def read_image_views(path: Path, board: Board, lens: Lens, frames: Frames) -> Views:
    """Read images with robot poses, find the board in them and compute its poses.

    A view is not used where too little of the board is seen, or where the board could as well
    be tilted the other way.

    Args:
        path: cal_data.yaml, a list of {image, pose}, or the folder it lies in.
        board: what is in the images; its pose must be unambiguous.
        lens: of the camera that took them.
        frames: names of the frames.

    Raises:
        BoardError: the board looks the same after half a turn.
        HandEyeError: the images are not of this camera.
        PoseTextError: a file is malformed.
    """
    board.require_unambiguous()
    poses = _robot_poses(path if path.is_dir() else path.parent, frames)
    images = read_image_set(list(poses), board, progress=True)
    if images.size != lens.size:
        raise HandEyeError(
            f'images are {images.size[0]}x{images.size[1]}, the lens was calibrated at '
            f'{lens.width}x{lens.height}; allowed: the same size'
        )
    skipped = [(image.path.name, image.problem) for image in images.skipped]
    found: list[tuple[BoardImage, BoardPose]] = []
    for image in images.used:
        answer = _pose_or_reason(image, board, lens)
        if isinstance(answer, str):
            skipped.append((image.path.name, answer))
        else:
            found.append((image, answer))
    sigma_px = corner_noise_px([pose for _, pose in found])
    views = [_view(image, pose, poses[image.path], sigma_px, frames) for image, pose in found]
    paths = tuple(image.path for image, _ in found)
    return Views(tuple(views), tuple(skipped), frames, sigma_px, lens, board, paths)


def _pose_or_reason(image: BoardImage, board: Board, lens: Lens) -> BoardPose | str:
    """Return the pose of the board in one image, or why it cannot be used."""
    detection, whole = _found(image), len(board.points())
    # Depth from a corner of the board is so uncertain that it says more of the lens than of X.
    if 2 * len(detection) <= whole:
        return f'only {len(detection)} of {whole} points are seen; needed: more than half'
    try:
        pose = board_pose(detection, lens)
    except BoardPoseError as error:
        return str(error)
    if pose.is_ambiguous:
        return (
            f'ambiguous: tilted the other way the board fits only {pose.branch_ratio:.1f} times '
            'worse; needed: 2; tilt it, or go nearer'
        )
    return pose


def _view(
    image: BoardImage, pose: BoardPose, robot: Pose, sigma_px: float, frames: Frames
) -> View:
    board = Pose(frames.camera, frames.board, pose.T_camera_board)
    detection = _found(image)
    return View(
        image.path.name, robot, board, pose.covariance(sigma_px), detection.pixels,
        detection.points,
    )  # fmt: skip


def _found(image: BoardImage) -> Detection:
    if image.detection is None:
        raise ValueError(f'{image.path} is not used')
    return image.detection


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


def _from_csv(robot: Path, board: Path, frames: Frames) -> Views:
    robots = csv_poses(robot, frames.base, frames.gripper)
    boards = csv_poses(board, frames.camera, frames.board)
    if len(robots) != len(boards):
        raise PoseTextError(
            f'{robot} has {len(robots)} poses and {board} {len(boards)}; needed: one each per view'
        )
    views = [
        View(str(count), *pair) for count, pair in enumerate(zip(robots, boards, strict=True))
    ]
    return Views(tuple(views), (), frames)
