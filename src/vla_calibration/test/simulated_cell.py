"""An arm with a camera on its tool before a board, and what its topics would say."""

import numpy as np
from scipy.spatial.transform import Rotation
from vla_calibration.board.boards import Board
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.board.view_geometry import view_geometry
from vla_calibration.capture.views.next_view import wanted_views
from vla_calibration.geometry import se3
from vla_calibration.geometry.arm_kinematics import ArmKinematics
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.lens import Lens
from vla_contract.deployment.cell import load_cell
from vla_contract.transforms import make_transform
from vla_contract.values import JointSample, to_ns

CELL = load_cell('panda_table')
BOARD = Board('chessboard', 9, 6, 0.025)
POINTS = BOARD.points()
LENS = Lens(320, 240, [[300, 0, 159.5], [0, 300, 119.5], [0, 0, 1]], np.zeros(5))
X = make_transform(
    np.array([0.05, -0.03, 0.07]),
    Rotation.from_euler('xyz', [2, -3, 88], degrees=True).as_matrix(),
)
ARM = ArmKinematics(CELL)
_TILT = Rotation.from_euler('xyz', [20, 12, 5], degrees=True)
_BOARD_AT_HOME = make_transform(
    np.array([0.0, 0.0, 0.4]) - _TILT.apply(POINTS.mean(axis=0)), _TILT.as_matrix()
)
Y = ARM.pose(CELL.home).T @ X @ _BOARD_AT_HOME


def board_in_camera(position: np.ndarray) -> np.ndarray:
    return se3.inverse(ARM.pose(position).T @ X) @ Y


def positions_in_view(count: int) -> list[np.ndarray]:
    """Positions from which the whole board is well seen, home first, turned every way."""
    found = [CELL.home]
    for T in wanted_views(POINTS, LENS, 20 * count, seed=3):
        tool = Pose(ARM.base_frame, ARM.frame, Y @ se3.inverse(X @ T))
        position = ARM.reach(tool, CELL.home)
        if position is not None and view_geometry(T, POINTS).tilt_deg < 45.0:
            found.append(position)
        if len(found) == count:
            break
    return found


def image_at(position: np.ndarray, seed: int = 0) -> np.ndarray:
    grey = render_view(BOARD, LENS, board_in_camera(position), noise=1.0, seed=seed)
    return np.repeat(grey[..., None], 3, axis=2)


def joints_at(time_s: float, position: np.ndarray) -> JointSample:
    return JointSample(to_ns(time_s), position, np.zeros(len(position)))
