"""A board as it looks after a turn that its pattern does not show."""

import numpy as np
from vla_calibration.board.boards import Board
from vla_contract.transforms import make_transform
from vla_contract.values import Vector


def turns(board: Board) -> Vector:
    """Return the turns about the board's middle that its pattern does not show, (k, 4, 4).

    Where a board has the pose T, it may as well have T @ turn; the first is none.
    """
    points = board.points()
    middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
    found = []
    for quarter in board.turns:
        cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarter]
        R = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        found.append(make_transform(middle - R @ middle, R))
    return np.array(found)


def turned_points(points: Vector, board: Board, turn: Vector) -> Vector:
    """Return which points of the board some are if it is turned so, shape (n, 3) [m]."""
    whole, back = board.points(), np.linalg.inv(turn)
    moved = points @ back[:3, :3].T + back[:3, 3]
    nearest = np.linalg.norm(whole[None] - moved[:, None], axis=2).argmin(axis=1)
    found: Vector = whole[nearest]
    return found
