"""Two CSV files with time stamps, as ethz-asl/hand_eye_calibration writes them.

The second one holds there the pose of the camera (the eye) in the board (the world). Others write
the board in the camera. Nothing in a file tells which, and both lists inverted fit as well as
both right: so it is an option, and not tried out.
"""

from pathlib import Path

import numpy as np
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.geometry.pose_text import PoseTextError, stamped_poses
from vla_calibration.hand_eye.formats.stamps import pair_by_stamps, Recording
from vla_calibration.hand_eye.solve.problem import Frames, View

CAMERA_IN_BOARD = 'camera-in-board'
STAMPED = (CAMERA_IN_BOARD, 'board-in-camera')
_FEWEST_STAMPED = 5
_REMARKABLE_OFFSET_S = 0.001


def read_stamped(
    robot: Path, board: Path, frames: Frames, held: str
) -> tuple[list[View], list[str]]:
    """Read two recordings and pair them by time.

    Args:
        robot: poses of the gripper in the base.
        board: poses of the camera in the board, or of the board in the camera.
        frames: names for the poses.
        held: which of the two, one of STAMPED.

    Returns:
        The views, and what their owner should know.

    Raises:
        PoseTextError: a file is malformed.
        HandEyeError: the time stamps do not meet.
    """
    stamps, robots = stamped_poses(robot, frames.base, frames.gripper)
    board_stamps, boards = stamped_poses(board, frames.camera, frames.board)
    for path, poses in ((robot, robots), (board, boards)):
        if len(poses) < _FEWEST_STAMPED:
            raise PoseTextError(
                f'{path}: found {len(poses)} poses; needed: {_FEWEST_STAMPED} or more'
            )
    seen = np.array([pose.T for pose in boards])
    if held == CAMERA_IN_BOARD:
        seen = se3.inverse(seen)
    carried = np.array([pose.T for pose in robots])
    pairs = pair_by_stamps(Recording.of(stamps, carried), Recording.of(board_stamps, seen))
    views = [
        View(
            str(count),
            Pose(frames.base, frames.gripper, A),
            Pose(frames.camera, frames.board, B),
        )
        for count, (A, B) in enumerate(zip(pairs.first, pairs.second, strict=True))
    ]
    notes = []
    if abs(pairs.offset_s) > _REMARKABLE_OFFSET_S:
        notes.append(
            f'the clock of {robot.name} is {pairs.offset_s:+.3f} s ahead of that of {board.name}, '
            'by how both turn: poses are paired by that'
        )
    return views, notes


def is_stamped(path: Path) -> bool:
    """Whether rows have eight numbers: a time stamp, a position, a quaternion."""
    try:
        lines = path.read_text(encoding='utf-8').splitlines() if path.is_file() else []
    except UnicodeDecodeError:
        return False
    rows = [line.replace(',', ' ').split() for line in lines if line.strip()]
    return any(len(row) == 8 and not row[0].startswith(('#', '[')) for row in rows[:2])
