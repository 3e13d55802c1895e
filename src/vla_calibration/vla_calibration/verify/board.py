"""Check a calibration by a board whose place was recorded when it was calibrated."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from vla_calibration.board.boards import Board
from vla_calibration.board.detection import detect, Detection
from vla_calibration.board.pose import board_pose
from vla_calibration.calibration_file import lens_of, pose_of
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.verify.verify import Drift, DriftLimits, judge, require_size
from vla_contract.cameras.calibration import CameraCalibration, SourceImage
from vla_contract.errors import VlaError
from vla_contract.schema import build, load_yaml, setting
from vla_contract.transforms import invert
from vla_contract.values import Image, Vector
from vla_contract.whole_file import require_free, write_whole
import yaml

REFERENCE_NAME = 'reference.yaml'
# A pose from which the board itself is not drawn well is no reference.
_LARGEST_RMS_PX = 1.0


@dataclass(frozen=True)
class BoardReference:
    """Where a board was seen when the camera was calibrated, and is to be put again."""

    schema: int = setting(doc='version of this format', lower=1, upper=1)
    calibration_id: str = setting(doc='calibration it was seen with')
    image: SourceImage = setting(doc='in which it was seen')
    board: Board = setting(doc='what was seen')
    frame: str = setting(doc='frame the numbers are in')
    position_m: tuple[float, float, float] = setting(doc='of the board', unit='m')
    quaternion_xyzw: tuple[float, float, float, float] = setting(doc='of the board')

    @property
    def pose(self) -> Pose:
        """Pose of the board in `frame`."""
        return Pose.from_xyzw(
            self.frame, 'board', np.array(self.position_m), np.array(self.quaternion_xyzw)
        )


def camera_pose(calibration: CameraCalibration, robot: Pose | None) -> Pose:
    """Return the pose of the optical frame in a frame that stands still.

    Args:
        calibration: of the camera.
        robot: pose of the tool in the base, for a camera in the hand; else not needed.

    Raises:
        VlaError: the camera is in the hand and no robot pose is given.
        FrameError: the robot's pose is of another frame.
    """
    pose = pose_of(calibration)
    if calibration.require_extrinsics().mount == 'eye-to-hand':
        return pose
    if robot is None:
        raise VlaError(
            f'camera {calibration.camera} is in the hand: the pose of {pose.parent} is needed; '
            "give the robot's joint positions"
        )
    return robot @ pose


def record_reference(
    image: Image,
    board: Board,
    calibration: CameraCalibration,
    source: SourceImage,
    robot: Pose | None = None,
) -> BoardReference:
    """Remember where a board is.

    Args:
        image: shape (H, W) or (H, W, 3), in which the board is seen.
        board: an unambiguous one.
        calibration: of the camera.
        source: name and hash of the image.
        robot: pose of the tool in the base, for a camera in the hand.

    Raises:
        VlaError: the board is ambiguous, not seen, or does not fit the lens.
    """
    board.require_unambiguous()
    require_size(image, calibration)
    found = _seen(image, board)
    pose = board_pose(found, lens_of(calibration))
    if pose.is_ambiguous or pose.rms_px > _LARGEST_RMS_PX:
        raise VlaError(
            f'board: its pose is not certain ({pose.rms_px:.2f} px off, the mirrored pose '
            f'{pose.second_rms_px:.2f} px); bring it nearer and tilt it'
        )
    camera = camera_pose(calibration, robot)
    placed = camera @ Pose(camera.child, 'board', pose.T_camera_board)
    x, y, z = placed.position.tolist()
    qx, qy, qz, qw = placed.quaternion.tolist()
    return BoardReference(
        1, calibration.id, source, board, placed.parent, (x, y, z), (qx, qy, qz, qw)
    )


def check_board(
    image: Image,
    reference: BoardReference,
    calibration: CameraCalibration,
    robot: Pose | None = None,
    limits: DriftLimits | None = None,
) -> Drift:
    """Compare where the board is seen with where the calibration puts it.

    In the image by the distance of its points, in space by that of the middle of what is seen of
    it, depth included.

    Args:
        image: shape (H, W) or (H, W, 3), fresh.
        reference: where the board is.
        calibration: to be checked.
        robot: pose of the tool in the base now, for a camera in the hand.
        limits: where DEGRADED and BAD begin.

    Raises:
        VlaError: the board is not seen, or the reference belongs to another calibration.
    """
    if reference.calibration_id != calibration.id:
        raise VlaError(
            f'reference: found one of calibration {reference.calibration_id}; needed: one of '
            f'{calibration.id}, record it again'
        )
    require_size(image, calibration)
    lens, found = lens_of(calibration), _seen(image, reference.board)
    expected = camera_pose(calibration, robot).inverse() @ reference.pose
    error = found.pixels - lens.project(found.points, expected.T)
    rms_px = float(np.sqrt((error**2).sum(axis=1).mean()))
    now = board_pose(found, lens)
    middle = np.append(found.points.mean(axis=0), 1.0)
    error_mm = 1000.0 * float(np.linalg.norm((now.T_camera_board - expected.T) @ middle))
    details = {
        'worst_px': float(np.hypot(*error.T).max()),
        'points': float(len(found)),
        'fit_px': now.rms_px,
        **_camera_motion(expected.T, now.T_camera_board),
    }
    return judge('board', rms_px, error_mm, error.mean(axis=0), details, limits or DriftLimits())


def _camera_motion(expected: Vector, now: Vector) -> dict[str, float]:
    """Return how the camera would have moved, if it moved and not the board."""
    moved = expected @ invert(now)
    return {
        'camera_moved_mm': 1000.0 * float(np.linalg.norm(moved[:3, 3])),
        'camera_turned_deg': float(np.degrees(np.linalg.norm(se3.log(moved[None])[0, :3]))),
    }


def _seen(image: Image, board: Board) -> Detection:
    found = detect(image, board)
    if found is None:
        raise VlaError(f'board: {board} is not seen in the image')
    return found


def save_reference(reference: BoardReference, path: Path, force: bool = False) -> None:
    """Write a reference.

    Raises:
        VlaError: the file exists and `force` is not set.
    """
    require_free(path, force)
    values = vars(reference) | {'image': vars(reference.image), 'board': vars(reference.board)}
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
    write_whole(path, yaml.safe_dump(plain, sort_keys=False, default_flow_style=None))


def load_reference(path: Path) -> BoardReference:
    """Read a reference.

    Raises:
        VlaError: there is no such file, or it is not valid.
    """
    return build(BoardReference, load_yaml(path), str(path))
