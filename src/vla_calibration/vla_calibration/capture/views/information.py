"""What a view of the board tells about the hand-eye, before anything is solved.

The residual of a view is r = log(inv(X) inv(A) Y inv(B)), a twist in the camera frame. A right
twist of X moves it by -1, one of Y by Ad(B); its noise is that of the board's pose, from the
corners, plus that of the robot, an error e of the reported tool pose T_base_tool exp(e), which
reaches the camera as Ad(T_camera_tool) e in either set-up. So a view adds J^T C^-1 J with
J = [-1, Ad(B)] and C = S + Ad Se Ad^T (first-order propagation), and neither X nor a
solution is needed for it: only where board and tool are as the camera sees them.
"""

from dataclasses import dataclass

import numpy as np
from vla_calibration.board.pose import pose_information
from vla_calibration.geometry import se3
from vla_calibration.lens.lens import Lens
from vla_contract.values import Vector

# Below this the information matrix does not determine all twelve unknowns.
_SMALLEST_RECIPROCAL_CONDITION = 1e-14


@dataclass(frozen=True)
class ViewNoise:
    """One sigma per axis of what goes into a view.

    Attributes:
        corner_px: of a corner, per coordinate [px].
        robot_m: of the reported position [m].
        robot_rad: of the reported orientation [rad].
    """

    corner_px: float
    robot_m: float
    robot_rad: float


def view_information(
    T_camera_board: Vector, T_camera_tool: Vector, points: Vector, lens: Lens, noise: ViewNoise
) -> Vector:
    """Return what a view adds to the information of the twists of X and Y, shape (12, 12)."""
    corners = pose_information(T_camera_board, points, lens) / noise.corner_px**2
    robot = np.diag([noise.robot_rad**2] * 3 + [noise.robot_m**2] * 3)
    carry = se3.adjoint(T_camera_tool)
    covariance = np.linalg.inv(corners) + carry @ robot @ carry.T
    J = np.hstack([-np.eye(6), se3.adjoint(T_camera_board)])
    information: Vector = J.T @ np.linalg.solve(covariance, J)
    return information


def camera_information(total: Vector) -> Vector:
    """Return the information of X alone, shape (6, 6), with the board's pose unknown.

    The Schur complement of the board's block in the sum of the views, shape (12, 12).
    """
    across = total[:6, 6:]
    information: Vector = total[:6, :6] - across @ np.linalg.pinv(total[6:, 6:]) @ across.T
    return (information + information.T) / 2.0


def worst_axis_sigma_m(total: Vector) -> float:
    """Return the standard deviation of the camera's position along its worst axis [m].

    Infinite while the views do not determine it: fewer than three, or turned about one axis only.
    """
    information = camera_information(total)
    # Metres and radians share the matrix; at a lever of half a metre they weigh alike.
    scale = np.diag([1.0] * 3 + [0.5] * 3)
    values = np.linalg.eigvalsh(scale @ information @ scale)
    if values[0] <= _SMALLEST_RECIPROCAL_CONDITION**0.5 * max(values[-1], 1e-300):
        return float('inf')
    covariance = np.linalg.inv(information)[3:, 3:]
    return float(np.sqrt(np.linalg.eigvalsh(covariance)[-1]))


def gain(total: Vector, extra: Vector) -> float:
    """Return by how much a view raises log det of the information of X (D-optimality)."""
    before = np.linalg.slogdet(camera_information(total))
    after = np.linalg.slogdet(camera_information(total + extra))
    if before.sign <= 0 or after.sign <= 0:
        return float('inf') if after.sign > 0 else 0.0
    return float(after.logabsdet - before.logabsdet)
