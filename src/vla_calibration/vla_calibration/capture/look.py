"""What one image shows, together with where the arm was at its stamp."""

from dataclasses import dataclass

import cv2
from vla_calibration.board.boards import Board
from vla_calibration.board.detection import detect, Detection
from vla_calibration.board.pose import board_pose, BoardPoseError
from vla_calibration.board.sharpness import blur_px
from vla_calibration.board.view_geometry import view_geometry, ViewGeometry
from vla_calibration.capture.joint_history import JointHistory
from vla_calibration.capture.settle import (
    carried_motion,
    CornerStillness,
    StillnessLimits,
    unsettled,
)
from vla_calibration.geometry.arm_kinematics import ArmKinematics
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.lens import Lens
from vla_contract.values import Image, to_ns, Vector


@dataclass(frozen=True, eq=False)
class Look:
    """One image and all that is known about it.

    Attributes:
        stamp_ns: of the image [ns].
        image: shape (H, W, 3), RGB.
        detection: the board, None where it is not seen.
        blur_px: sigma of the blur over the board [px]; infinite without a board.
        T_camera_board: its pose in the optical frame, (4, 4) [m]; None without intrinsics.
        geometry: tilt and distance of the board; None without intrinsics.
        position: joints at the stamp, shape (D,) [rad or m]; None where unknown or not needed.
        tool: pose of the tool in the base at the stamp; None likewise.
        reasons: why this is no sample; empty where it is one.
    """

    stamp_ns: int
    image: Image
    detection: Detection | None
    blur_px: float
    T_camera_board: Vector | None
    geometry: ViewGeometry | None
    position: Vector | None
    tool: Pose | None
    reasons: tuple[str, ...]


class Looker:
    """Turns images into looks; the joint states come from a history that others fill."""

    def __init__(
        self,
        board: Board,
        limits: StillnessLimits,
        max_blur_px: float,
        arm: ArmKinematics | None,
        joints: JointHistory,
        longest_gap_ns: int,
    ) -> None:
        """Prepare.

        Args:
            board: what to look for.
            limits: what counts as still.
            max_blur_px: blur above which an image is no sample [px].
            arm: kinematics of the robot; None where images alone are wanted.
            joints: joint states, as long as the window at least.
            longest_gap_ns: between two joint states that may be interpolated [ns].
        """
        self._board = board
        self._points = board.points()
        self._limits = limits
        self._window_ns = to_ns(limits.window_s)
        self._max_blur_px = max_blur_px
        self._arm = arm
        self._joints = joints
        self._longest_gap_ns = longest_gap_ns
        self._corners = CornerStillness(self._window_ns)

    def look(self, stamp_ns: int, image: Image, lens: Lens | None) -> Look:
        """Find the board, and where everything was at the stamp of the image."""
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        detection = detect(grey, self._board)
        self._corners.offer(stamp_ns, detection)
        blur = blur_px(grey, detection.pixels) if detection else float('inf')
        T = None
        reasons = list(self._unsettled(stamp_ns))
        if detection is None:
            reasons = ['no board in view']
        elif blur > self._max_blur_px:
            reasons.append(
                f'the image is blurred by {blur:.1f} px (allowed {self._max_blur_px:g})'
            )
        if detection and lens:
            try:
                pose = board_pose(detection, lens)
                T = pose.T_camera_board
                if self._arm and pose.is_ambiguous:
                    reasons.append('the board could as well be tilted the other way: tilt it more')
            except BoardPoseError as error:
                reasons.append(str(error))
        if detection and self._arm and 2 * len(detection) <= len(self._points):
            reasons.append(f'only {len(detection)} of {len(self._points)} points are in view')
        if lens and lens.size != (image.shape[1], image.shape[0]):
            reasons.append(
                f'the image is {image.shape[1]}x{image.shape[0]}, camera_info says '
                f'{lens.width}x{lens.height}'
            )
        position = self._joints.at(stamp_ns, self._longest_gap_ns) if self._arm else None
        if self._arm and position is None:
            reasons.append('no joint_states around the stamp of the image')
        if self._arm and not lens:
            reasons.append('camera_info has no intrinsics: calibrate them first')
        return Look(
            stamp_ns, image, detection, blur, T,
            view_geometry(T, self._points) if T is not None else None,
            position,
            self._arm.pose(position) if self._arm and position is not None else None,
            tuple(reasons),
        )  # fmt: skip

    def _unsettled(self, stamp_ns: int) -> tuple[str, ...]:
        corner_px = self._corners.motion_px()
        if self._arm is None:
            return unsettled((0.0, 0.0), corner_px, self._limits)
        start_ns = stamp_ns - self._window_ns
        window = self._joints.between(start_ns, stamp_ns)
        if len(window) < 2 or not self._joints.covers(start_ns):
            return unsettled(None, corner_px, self._limits)
        motion = carried_motion([self._arm.pose(sample.position) for sample in window])
        return unsettled(motion, corner_px, self._limits)
