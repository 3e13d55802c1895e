"""A chessboard in the scene, made of boxes: its corners are where they are to rounding."""

import mujoco
import numpy as np
from vla_contract import so3
from vla_contract.transforms import make_transform
from vla_contract.values import Vector
from vla_sim_bridge.scene.simulated_task import BoardConfig

# Squares and plate are this thick; the face is at z = 0 of the board frame [m].
_THICKNESS = 2e-4
_BLACK, _WHITE = (0.04, 0.04, 0.04, 1.0), (0.95, 0.95, 0.95, 1.0)


def board_points(board: BoardConfig) -> Vector:
    """Return the inner corners in the board frame, row by row, shape (n, 3) [m]."""
    column, row = np.meshgrid(np.arange(board.cols), np.arange(board.rows))
    flat = np.stack([column.ravel(), row.ravel(), np.zeros(column.size)], axis=1)
    points: Vector = board.square_m * flat
    return points


def board_pose(board: BoardConfig) -> Vector:
    """Return the pose of the board in the frame that carries it, shape (4, 4) [m]."""
    turn = so3.Rotation.from_euler('xyz', board.rpy_deg, degrees=True).as_matrix()
    middle = board_points(board).mean(axis=0)
    return make_transform(np.array(board.centre_m) - turn @ middle, turn)


def add_board(body: mujoco.MjsBody, T_body_frame: Vector, board: BoardConfig) -> None:
    """Fix a board to a body; it is seen and touches nothing.

    Args:
        body: what moves it.
        T_body_frame: pose of the frame that the board is placed in, shape (4, 4) [m].
        board: what it looks like, and where.
    """
    T = T_body_frame @ board_pose(board)
    quaternion = np.empty(4)
    mujoco.mju_mat2Quat(quaternion, T[:3, :3].ravel())
    plate = body.add_body(pos=T[:3, 3], quat=quaternion)
    side, half = board.square_m, _THICKNESS / 2.0
    middle = board_points(board).mean(axis=0)
    # One square of white around the outer ones, as printed boards have.
    around = [side * (board.cols + 3) / 2.0, side * (board.rows + 3) / 2.0, half]
    _add_box(plate, middle + [0.0, 0.0, 3.0 * half], around, _WHITE)
    for row in range(board.rows + 1):
        for column in range(board.cols + 1):
            if (row + column) % 2 == 0:
                place = np.array([side * (column - 0.5), side * (row - 0.5), half])
                _add_box(plate, place, [side / 2.0, side / 2.0, half], _BLACK)


def _add_box(
    body: mujoco.MjsBody, place: Vector, half: list[float], rgba: tuple[float, ...]
) -> None:
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=half,
        pos=place,
        rgba=rgba,
        mass=0.0,
        contype=0,
        conaffinity=0,
    )
