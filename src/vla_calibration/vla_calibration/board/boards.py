"""Calibration boards: what is printed, how its points are numbered, which are ambiguous."""

from dataclasses import dataclass

import cv2
import numpy as np
from vla_contract.errors import VlaError
from vla_contract.schema import setting
from vla_contract.values import Vector

KINDS = (
    'chessboard', 'chessboard_sb', 'charuco', 'circles', 'circles_dot', 'asymmetric_circles',
    'aprilgrid',
)  # fmt: skip
# Boards made of markers, each with what its dictionary is where none is named.
WITH_MARKERS = {'charuco': 'DICT_5X5_100', 'aprilgrid': 'DICT_APRILTAG_36h11'}


class BoardError(VlaError):
    """A board cannot be used for what it is asked for."""


@dataclass(frozen=True)
class Board:
    """A planar board; x runs along a row of its points, y along a column, z away from the eye.

    Points are the inner corners of a chessboard, or circles; a ChArUco board is counted in
    SQUARES, as cv2 does. The points of an AprilGrid, as Kalibr prints it, are the four corners of
    each tag; it is counted in tags, tag 0 at the lower left. A grid of circles with a dot begins
    at its one larger circle, which is in a corner.
    """

    kind: str = setting(doc='one of KINDS')
    cols: int = setting(doc='points per row; ChArUco: squares; AprilGrid: tags')
    rows: int = setting(doc='points per column, likewise')
    square_m: float = setting(
        doc='distance between neighbouring points; of an asymmetric grid, half of the distance '
        'between neighbours in a row; of an AprilGrid, from tag to tag',
        unit='m',
    )
    marker_m: float = setting(
        0.0, doc='side of the markers of a ChArUco board or an AprilGrid, else 0', unit='m'
    )
    dictionary: str = setting(
        '', doc='cv2.aruco dictionary of the markers; empty for the usual one of the kind'
    )
    legacy: bool = setting(False, doc='the ChArUco pattern of OpenCV before 4.7')

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BoardError(
                f"board '{self.kind}': found no such kind; allowed: {', '.join(KINDS)}"
            )
        fewest = 2 if self.kind == 'aprilgrid' else 3
        if self.cols < fewest or self.rows < fewest:
            what = 'tags' if self.kind == 'aprilgrid' else 'points'
            raise BoardError(
                f'board {self.cols}x{self.rows}: needs at least {fewest}x{fewest} {what}'
            )
        if not 0.001 <= self.square_m <= 1.0:
            raise BoardError(
                f'board: found {1000 * self.square_m:g} mm between points; allowed: 1 to 1000 mm'
            )
        # A board without markers is the same board whatever dictionary is named beside it.
        usual = WITH_MARKERS.get(self.kind, WITH_MARKERS['charuco'])
        if self.kind not in WITH_MARKERS or not self.dictionary:
            object.__setattr__(self, 'dictionary', usual)
        if self.kind in WITH_MARKERS:
            self._check_markers()

    def _check_markers(self) -> None:
        """Refuse markers that cannot be."""
        name = {'charuco': 'ChArUco board', 'aprilgrid': 'AprilGrid'}[self.kind]
        if not 0.0 < self.marker_m < self.square_m:
            raise BoardError(
                f'{name}: found markers of {1000 * self.marker_m:g} mm; allowed: more than '
                f'0, less than the squares of {1000 * self.square_m:g} mm'
            )
        require_dictionary(self.dictionary, apriltags=self.kind == 'aprilgrid')
        needed = self.cols * self.rows
        known = len(self.markers.bytesList)
        if self.kind == 'aprilgrid' and needed > known:
            raise BoardError(
                f'AprilGrid {self.cols}x{self.rows}: needs {needed} tags; {self.dictionary} '
                f'has {known}'
            )

    def __str__(self) -> str:
        text = f'{self.kind} {self.cols}x{self.rows}, {1000 * self.square_m:g} mm'
        if self.kind not in WITH_MARKERS:
            return text
        legacy = ', legacy pattern' if self.legacy else ''
        return f'{text}, markers {1000 * self.marker_m:g} mm of {self.dictionary}{legacy}'

    @property
    def is_ambiguous(self) -> bool:
        """Whether the board looks the same after a turn, so that its origin is unknown."""
        return len(self.turns) > 1

    @property
    def turns(self) -> tuple[int, ...]:
        """Quarters of a turn after which the board looks the same, 0 first.

        Corner (0, 0) of a chessboard stays the same physical corner only where cols + rows is
        odd; a symmetric grid of circles never tells its ends apart.
        """
        if self.kind in ('chessboard', 'chessboard_sb') and (self.cols + self.rows) % 2 == 0:
            # A quarter of a turn swaps black and white where the sides are odd.
            is_quartered = self.cols == self.rows and self.cols % 2 == 0
        elif self.kind == 'circles':
            is_quartered = self.cols == self.rows
        else:
            return (0,)
        return (0, 1, 2, 3) if is_quartered else (0, 2)

    def require_unambiguous(self) -> None:
        """Refuse a board whose pose is ambiguous where no robot settles it.

        Raises:
            BoardError: says why, and which board would do.
        """
        if not self.is_ambiguous:
            return
        if self.kind == 'circles':
            raise BoardError(
                'a symmetric grid of circles looks the same after half a turn: its pose is '
                'ambiguous; use an asymmetric grid, one with a larger circle in a corner '
                '(circles_dot), ChArUco, or a chessboard with cols + rows odd'
            )
        raise BoardError(
            f'a {self.cols}x{self.rows} chessboard looks the same after half a turn (cols + rows '
            f'is even): its pose is ambiguous; use e.g. {self.cols + 1}x{self.rows}'
        )

    def points(self) -> Vector:
        """Return all points in the board frame, shape (N, 3) [m]; row by row, z = 0.

        Of an AprilGrid tag by tag: upper left, upper right, lower right, lower left.
        """
        if self.kind == 'aprilgrid':
            return self._tag_corners()
        if self.kind == 'charuco':
            return np.asarray(self.aruco().getChessboardCorners(), dtype=np.float64)
        column, row = np.meshgrid(np.arange(self.cols), np.arange(self.rows))
        grid = np.stack([column.ravel(), row.ravel(), np.zeros(column.size)], axis=1).astype(float)
        if self.kind == 'asymmetric_circles':
            grid[:, 0] = 2.0 * grid[:, 0] + grid[:, 1] % 2
        points: Vector = grid * self.square_m
        return points

    def _tag_corners(self) -> Vector:
        """Return the corners of tags 0, 1, ... along the rows, the lowest row first, (4 n, 3)."""
        tag = np.arange(self.cols * self.rows)
        place = np.stack([tag % self.cols, self.rows - 1 - tag // self.cols], axis=1)
        corner = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]) * self.marker_m
        flat = (place[:, None] * self.square_m + corner).reshape(-1, 2)
        return np.column_stack([flat, np.zeros(len(flat))])

    def aruco(self) -> 'cv2.aruco.CharucoBoard':
        """Return the cv2 board of a ChArUco board."""
        size = (self.cols, self.rows)
        board = cv2.aruco.CharucoBoard(size, self.square_m, self.marker_m, self.markers)
        board.setLegacyPattern(self.legacy)
        return board

    @property
    def markers(self) -> 'cv2.aruco.Dictionary':
        """The dictionary of a board with markers."""
        return cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, self.dictionary))


def require_dictionary(name: str, apriltags: bool = False) -> None:
    """Refuse a name that is no dictionary.

    Raises:
        BoardError: lists those there are; says when the name lacks its beginning only.
    """
    first = 'DICT_APRILTAG_' if apriltags else 'DICT_'
    allowed = [known for known in dir(cv2.aruco) if known.startswith(first)]
    if name in allowed:
        return
    meant = [known for known in allowed if known.lower() == f'dict_{name}'.lower()]
    hint = f'{meant[0]} is meant' if meant else f'allowed: {", ".join(allowed)}'
    raise BoardError(f"dictionary: found '{name}'; {hint}")


def parse_size(text: str) -> tuple[int, int]:
    """Read '9x6'.

    Raises:
        BoardError: the text is no size.
    """
    cols, separator, rows = text.lower().partition('x')
    if not (separator and cols.isdigit() and rows.isdigit()):
        raise BoardError(f"board size: found '{text}'; allowed: COLSxROWS, e.g. 9x6")
    return int(cols), int(rows)
