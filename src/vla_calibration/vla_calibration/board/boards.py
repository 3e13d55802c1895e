"""Calibration boards: what is printed, how its points are numbered, which are ambiguous."""

from dataclasses import dataclass

import cv2
import numpy as np
from vla_contract.errors import VlaError
from vla_contract.schema import setting
from vla_contract.values import Vector

KINDS = ('chessboard', 'chessboard_sb', 'charuco', 'circles', 'asymmetric_circles')


class BoardError(VlaError):
    """A board cannot be used for what it is asked for."""


@dataclass(frozen=True)
class Board:
    """A planar board; x runs along a row of its points, y along a column, z away from the eye.

    Points are the inner corners of a chessboard, or circles; a ChArUco board is counted in
    SQUARES, as cv2 does.
    """

    kind: str = setting(doc='one of KINDS')
    cols: int = setting(doc='points per row; ChArUco: squares')
    rows: int = setting(doc='points per column, likewise')
    square_m: float = setting(
        doc='distance between neighbouring points; of an asymmetric grid, half of the distance '
        'between neighbours in a row',
        unit='m',
    )
    marker_m: float = setting(0.0, doc='side of the markers of a ChArUco board, else 0', unit='m')
    dictionary: str = setting('DICT_5X5_100', doc='cv2.aruco dictionary of a ChArUco board')
    legacy: bool = setting(False, doc='the ChArUco pattern of OpenCV before 4.7')

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BoardError(
                f"board '{self.kind}': found no such kind; allowed: {', '.join(KINDS)}"
            )
        if self.cols < 3 or self.rows < 3:
            raise BoardError(f'board {self.cols}x{self.rows}: needs at least 3x3 points')
        if not 0.001 <= self.square_m <= 1.0:
            raise BoardError(
                f'board: found {1000 * self.square_m:g} mm between points; allowed: 1 to 1000 mm'
            )
        if self.kind == 'charuco' and not 0.0 < self.marker_m < self.square_m:
            raise BoardError(
                f'ChArUco board: found markers of {1000 * self.marker_m:g} mm; allowed: more than '
                f'0, less than the squares of {1000 * self.square_m:g} mm'
            )
        if self.kind == 'charuco' and not hasattr(cv2.aruco, self.dictionary):
            raise BoardError(f"dictionary '{self.dictionary}' is not in cv2.aruco")

    def __str__(self) -> str:
        text = f'{self.kind} {self.cols}x{self.rows}, {1000 * self.square_m:g} mm'
        if self.kind != 'charuco':
            return text
        legacy = ', legacy pattern' if self.legacy else ''
        return f'{text}, markers {1000 * self.marker_m:g} mm of {self.dictionary}{legacy}'

    @property
    def is_ambiguous(self) -> bool:
        """Whether the board looks the same after half a turn, so that its origin is unknown.

        Corner (0, 0) of a chessboard stays the same physical corner only where cols + rows is
        odd; a symmetric grid of circles never tells its ends apart.
        """
        if self.kind in ('chessboard', 'chessboard_sb'):
            return (self.cols + self.rows) % 2 == 0
        return self.kind == 'circles'

    def require_unambiguous(self) -> None:
        """Refuse a board whose pose is ambiguous: enough for intrinsics, useless for hand-eye.

        Raises:
            BoardError: says why, and which board would do.
        """
        if not self.is_ambiguous:
            return
        if self.kind == 'circles':
            raise BoardError(
                'a symmetric grid of circles looks the same after half a turn: its pose is '
                'ambiguous; use an asymmetric grid, ChArUco, or a chessboard with cols + rows odd'
            )
        raise BoardError(
            f'a {self.cols}x{self.rows} chessboard looks the same after half a turn (cols + rows '
            f'is even): its pose is ambiguous; use e.g. {self.cols + 1}x{self.rows}'
        )

    def points(self) -> Vector:
        """Return all points in the board frame, shape (N, 3) [m]; row by row, z = 0."""
        if self.kind == 'charuco':
            return np.asarray(self.aruco().getChessboardCorners(), dtype=np.float64)
        column, row = np.meshgrid(np.arange(self.cols), np.arange(self.rows))
        grid = np.stack([column.ravel(), row.ravel(), np.zeros(column.size)], axis=1).astype(float)
        if self.kind == 'asymmetric_circles':
            grid[:, 0] = 2.0 * grid[:, 0] + grid[:, 1] % 2
        points: Vector = grid * self.square_m
        return points

    def aruco(self) -> 'cv2.aruco.CharucoBoard':
        """Return the cv2 board of a ChArUco board."""
        dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, self.dictionary))
        size = (self.cols, self.rows)
        board = cv2.aruco.CharucoBoard(size, self.square_m, self.marker_m, dictionary)
        board.setLegacyPattern(self.legacy)
        return board


def parse_size(text: str) -> tuple[int, int]:
    """Read '9x6'.

    Raises:
        BoardError: the text is no size.
    """
    cols, separator, rows = text.lower().partition('x')
    if not (separator and cols.isdigit() and rows.isdigit()):
        raise BoardError(f"board size: found '{text}'; allowed: COLSxROWS, e.g. 9x6")
    return int(cols), int(rows)
