"""What hand-eye calibration is given: views of a board, and the two ways to mount a camera.

One equation serves both set-ups: A_i X B_i = Y, with X the camera in its carrier, B_i the board
in the camera, Y the board in the reference. Eye-in-hand: A_i = T_base_gripper, X =
T_gripper_camera, Y = T_base_board. Eye-to-hand: A_i = T_gripper_base, X = T_base_camera, Y =
T_gripper_board. Only this module knows of the inversion.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_calibration.geometry.pose import Pose, require_frames
from vla_contract.errors import VlaError
from vla_contract.values import Vector

Mask = NDArray[np.bool_]

SETUPS = ('eye-in-hand', 'eye-to-hand')


class HandEyeError(VlaError):
    """A hand-eye calibration cannot be computed from what was given."""


@dataclass(frozen=True)
class Frames:
    """Names of the four frames."""

    base: str = 'base'
    gripper: str = 'gripper'
    camera: str = 'camera'
    board: str = 'board'


@dataclass(frozen=True, eq=False)
class View:
    """One view of the board.

    Attributes:
        name: for reports, e.g. the image's file name.
        robot: pose of the gripper in the base.
        board: pose of the board in the camera.
        covariance: of the board's pose, shape (6, 6): left twist in the camera frame; None where
            only poses are known.
        pixels: found points, shape (m, 2) [px], None where only poses are known.
        points: the same on the board, shape (m, 3) [m].
    """

    name: str
    robot: Pose
    board: Pose
    covariance: Vector | None = None
    pixels: Vector | None = None
    points: Vector | None = None


@dataclass(frozen=True, eq=False)
class Problem:
    """A_i X B_i = Y as arrays.

    Attributes:
        A: poses of the camera's carrier in the reference, shape (n, 4, 4).
        B: poses of the board in the camera, shape (n, 4, 4).
        S: covariances of B, shape (n, 6, 6): left twist in the camera frame.
        board_centre: middle of the board in its own frame, shape (3,) [m].
        gripper_is_reference: whether A is the pose in the gripper, as in eye-to-hand: a robot
            errs in its gripper's frame.
    """

    A: Vector
    B: Vector
    S: Vector
    board_centre: Vector
    gripper_is_reference: bool = False

    def __len__(self) -> int:
        return len(self.A)

    def subset(self, chosen: Any) -> 'Problem':
        """Return the problem of some of the views (indices or a mask)."""
        return replace(self, A=self.A[chosen], B=self.B[chosen], S=self.S[chosen])

    @property
    def centres(self) -> Vector:
        """Middle of the board in the camera, shape (n, 3) [m]."""
        centres: Vector = self.B[:, :3, :3] @ self.board_centre + self.B[:, :3, 3]
        return centres

    @property
    def distance_m(self) -> float:
        """Median distance of the board from the camera."""
        return float(np.median(np.linalg.norm(self.centres, axis=1)))


# A pose of unknown covariance is taken to be good, 0.01 degrees and 0.03 mm: what it is worse
# than that is estimated together with the robot's error.
_UNKNOWN_COVARIANCE = np.diag([np.radians(0.01) ** 2] * 3 + [0.00003**2] * 3)


def make_problem(views: Sequence[View], setup: str, frames: Frames) -> Problem:
    """Check the frames of every view and write the equations.

    Raises:
        FrameError: a pose is in another frame, or its inverse was given.
        HandEyeError: no view, or an unknown set-up.
    """
    if setup not in SETUPS:
        raise HandEyeError(f"set-up '{setup}' is unknown; allowed: {', '.join(SETUPS)}")
    if not views:
        raise HandEyeError('hand-eye: found no view of the board')
    A, B, S = [], [], []
    for view in views:
        robot = require_frames(view.robot, frames.base, frames.gripper)
        board = require_frames(view.board, frames.camera, frames.board)
        A.append((robot if setup == 'eye-in-hand' else robot.inverse()).T)
        B.append(board.T)
        S.append(_UNKNOWN_COVARIANCE if view.covariance is None else view.covariance)
    return Problem(
        np.array(A), np.array(B), np.array(S), _board_centre(views), setup == 'eye-to-hand'
    )


def named_results(X: Vector, Y: Vector, setup: str, frames: Frames) -> tuple[Pose, Pose]:
    """Return X and Y as poses that name their frames."""
    carrier, reference = frames.gripper, frames.base
    if setup == 'eye-to-hand':
        carrier, reference = reference, carrier
    return Pose(carrier, frames.camera, X), Pose(reference, frames.board, Y)


def _board_centre(views: Sequence[View]) -> Vector:
    points = [view.points for view in views if view.points is not None]
    if not points:
        return np.zeros(3)
    seen = np.unique(np.concatenate(points), axis=0)
    centre: Vector = (seen.min(axis=0) + seen.max(axis=0)) / 2.0
    return centre
