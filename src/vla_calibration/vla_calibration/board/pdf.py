"""A board as a PDF of exact size: shapes, not pixels, in millimetres of paper.

Print at 100 %, never 'fit to page', and measure the printed scale bar: a board that is 1 % small
makes a hand-eye result 1 % of the distance wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from vla_calibration.board.boards import Board, BoardError
from vla_calibration.board.find.aprilgrid import BORDER
from vla_calibration.board.options import board_options
from vla_contract.values import Vector

PAGES_MM = {'a4': (210.0, 297.0), 'a3': (297.0, 420.0)}
_POINT_PER_MM = 72.0 / 25.4
# White around the board: printers leave 5 mm unprinted, and detectors want a light border.
_MARGIN_MM, _FOOTER_MM = 8.0, 14.0
_SCALE_BAR_MM = 100.0
# Control points of four Bezier curves that are round to 0.03 %.
_ROUND = 0.5522847498
# Diameter of a circle as a share of the distance to its nearest neighbour.
_CIRCLE = 0.6
# The circle at which a grid with a dot begins is so much larger.
_DOT = 1.5


@dataclass(frozen=True, eq=False)
class Drawing:
    """Black shapes in millimetres, y down from the board's top left edge.

    Attributes:
        width: of the board [mm].
        height: likewise.
        black: rectangles x, y, width, height, shape (n, 4) [mm].
        white: rectangles drawn over them.
        circles: black circles x, y, radius, shape (n, 3) [mm].
    """

    width: float
    height: float
    black: Vector
    white: Vector
    circles: Vector


def draw(board: Board) -> Drawing:
    """Return a board's shapes."""
    if board.kind == 'charuco':
        return _charuco(board)
    if board.kind == 'aprilgrid':
        return _aprilgrid(board)
    if board.kind in ('circles', 'circles_dot', 'asymmetric_circles'):
        return _circles(board)
    return _chessboard(board)


def board_pdf(board: Board, page: str = 'auto') -> bytes:
    """Return a one-page PDF with the board, a scale bar and a line that states the board.

    Args:
        board: any board.
        page: a4, a3, fit (a page as large as needed) or auto, the smallest of these that holds it.

    Raises:
        BoardError: there is no such page, or the board does not fit on it.
    """
    drawing = draw(board)
    width, height = _page(drawing, page)
    left = (width - drawing.width) / 2.0
    top = (height - _FOOTER_MM - drawing.height) / 2.0
    lines = [f'{_POINT_PER_MM:.10f} 0 0 {_POINT_PER_MM:.10f} 0 0 cm']
    for grey, boxes in ((0, drawing.black), (1, drawing.white)):
        lines.append(f'{grey} g')
        # PDF counts upwards from the lower edge.
        lines += [
            f'{left + x:.6f} {height - top - y - h:.6f} {w:.6f} {h:.6f} re f'
            for x, y, w, h in boxes
        ]
    lines.append('0 g')
    lines += [_circle(left + x, height - top - y, r) for x, y, r in drawing.circles]
    lines += _footer(board, width)
    return _document('\n'.join(lines).encode('ascii'), width, height)


def _page(drawing: Drawing, page: str) -> tuple[float, float]:
    """Return width and height of the page [mm], turned so that the board fits."""
    need = (drawing.width + 2.0 * _MARGIN_MM, drawing.height + 2.0 * _MARGIN_MM + _FOOTER_MM)
    if page not in (*PAGES_MM, 'fit', 'auto'):
        raise BoardError(f"page '{page}' is unknown; allowed: a4, a3, fit, auto")
    for name, (short, long) in PAGES_MM.items():
        if page in (name, 'auto'):
            for size in ((long, short), (short, long)):
                if need[0] <= size[0] and need[1] <= size[1]:
                    return size
    if page in PAGES_MM:
        raise BoardError(
            f'the board needs {need[0]:g} x {need[1]:g} mm of paper, {page} has '
            f'{PAGES_MM[page][0]:g} x {PAGES_MM[page][1]:g}; use smaller squares, or fit'
        )
    return max(need[0], _SCALE_BAR_MM + 2.0 * _MARGIN_MM), need[1]


def _chessboard(board: Board) -> Drawing:
    side = 1000.0 * board.square_m
    column, row = np.meshgrid(np.arange(board.cols + 1), np.arange(board.rows + 1))
    is_black = (column + row) % 2 == 0
    corners = np.stack([column[is_black], row[is_black]], axis=1) * side
    size = ((board.cols + 1) * side, (board.rows + 1) * side)
    return Drawing(*size, _boxes(corners, side), _boxes(np.zeros((0, 2)), 0.0), np.zeros((0, 3)))


def _circles(board: Board) -> Drawing:
    centres = 1000.0 * board.points()[:, :2]
    nearest = np.linalg.norm(centres[1:] - centres[0], axis=1).min()
    radius = np.full(len(centres), _CIRCLE * nearest / 2.0)
    if board.kind == 'circles_dot':
        radius[0] *= _DOT
    # As much white around as between two circles.
    centres = centres - centres.min(axis=0) + nearest
    width, height = centres.max(axis=0) + nearest
    circles = np.column_stack([centres, radius])
    none = _boxes(np.zeros((0, 2)), 0.0)
    return Drawing(float(width), float(height), none, none, circles)


def _charuco(board: Board) -> Drawing:
    """Draw the squares without a marker black, and the markers black with white modules."""
    side, marker = 1000.0 * board.square_m, 1000.0 * board.marker_m
    aruco = board.aruco()
    corners = [1000.0 * np.asarray(c)[:, :2].min(axis=0) for c in aruco.getObjPoints()]
    with_marker = {tuple(np.floor(corner / side).astype(int)) for corner in corners}
    squares = [
        (i * side, j * side)
        for j in range(board.rows)
        for i in range(board.cols)
        if (i, j) not in with_marker
    ]
    dictionary = aruco.getDictionary()
    white, module = _white_modules(dictionary, np.asarray(aruco.getIds()), corners, marker, 1)
    black = np.concatenate([_boxes(np.array(squares), side), _boxes(np.array(corners), marker)])
    return Drawing(
        board.cols * side, board.rows * side, black, _boxes(white, module), np.zeros((0, 3))
    )  # fmt: skip


def _aprilgrid(board: Board) -> Drawing:
    """Draw tags with a border of two modules, and a black square at each corner of a tag."""
    pitch, tag = 1000.0 * board.square_m, 1000.0 * board.marker_m
    square = pitch - tag
    corners = 1000.0 * board.points()[::4, :2] + square
    ids = np.arange(board.cols * board.rows, dtype=np.float64)
    # Half a turn: cv2 draws the tags of AprilTag upside down.
    white, module = _white_modules(board.markers, ids, corners, tag, BORDER, turned=True)
    column, row = np.meshgrid(np.arange(board.cols + 1), np.arange(board.rows + 1))
    squares = np.stack([column.ravel(), row.ravel()], axis=1) * pitch
    return Drawing(
        board.cols * pitch + square, board.rows * pitch + square,
        np.concatenate([_boxes(squares, square), _boxes(corners, tag)]),
        _boxes(white, module), np.zeros((0, 3)),
    )  # fmt: skip


def _white_modules(
    dictionary: 'cv2.aruco.Dictionary',
    ids: Vector,
    corners: Sequence[Vector] | Vector,
    side: float,
    border: int,
    turned: bool = False,
) -> tuple[Vector, float]:
    """Return the upper left corners of the white modules of markers, shape (n, 2), and their side.

    Args:
        dictionary: of the markers.
        ids: of each marker, shape (m,).
        corners: upper left corner of each, shape (m, 2) [mm].
        side: of a marker [mm].
        border: black modules around the bits.
        turned: draw by half a turn.
    """
    modules = dictionary.markerSize + 2 * border
    module = side / modules
    white = []
    for corner, marker_id in zip(corners, ids.ravel(), strict=True):
        bits = cv2.aruco.generateImageMarker(dictionary, int(marker_id), modules, None, border)
        rows, columns = np.nonzero(bits[::-1, ::-1] if turned else bits)
        white.append(corner + np.stack([columns, rows], axis=1) * module)
    return np.concatenate(white), module


def _boxes(corners: Vector, side: float) -> Vector:
    return np.column_stack([corners, np.full((len(corners), 2), side)])


def _circle(x: float, y: float, r: float) -> str:
    c = _ROUND * r
    return (
        f'{x + r:.6f} {y:.6f} m '
        f'{x + r:.6f} {y + c:.6f} {x + c:.6f} {y + r:.6f} {x:.6f} {y + r:.6f} c '
        f'{x - c:.6f} {y + r:.6f} {x - r:.6f} {y + c:.6f} {x - r:.6f} {y:.6f} c '
        f'{x - r:.6f} {y - c:.6f} {x - c:.6f} {y - r:.6f} {x:.6f} {y - r:.6f} c '
        f'{x + c:.6f} {y - r:.6f} {x + r:.6f} {y - c:.6f} {x + r:.6f} {y:.6f} c f'
    )


def _footer(board: Board, width: float) -> list[str]:
    """Draw a scale bar with ends that a ruler finds, and the board in words."""
    left, low = (width - _SCALE_BAR_MM) / 2.0, 10.0
    bar = [
        f'{left:.6f} {low:.6f} {_SCALE_BAR_MM:.6f} 0.3 re f',
        f'{left:.6f} {low - 1.5:.6f} 0.2 3.3 re f',
        f'{left + _SCALE_BAR_MM - 0.2:.6f} {low - 1.5:.6f} 0.2 3.3 re f',
    ]
    hint = f'{_SCALE_BAR_MM:g} mm between the outer edges: print at 100 %, then measure'
    # Helvetica is about half as wide as high: shrink what would leave the page.
    words = []
    for text, y in ((hint, 7.0), (board_options(board), 13.0)):
        size = min(2.5, 2.0 * (width - 12.0) / len(text))
        start = (width - 0.5 * size * len(text)) / 2.0
        words.append(f'BT /F1 {size:.3f} Tf {start:.3f} {y:.3f} Td ({text}) Tj ET')
    return bar + words


def _document(content: bytes, width: float, height: float) -> bytes:
    """Wrap drawing commands in the smallest PDF that readers accept (ISO 32000-1, 7.5)."""
    box = f'0 0 {width * _POINT_PER_MM:.6f} {height * _POINT_PER_MM:.6f}'.encode()
    objects = [
        b'<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>',
        b'<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
        b'<< /Type /Page /Parent 2 0 R /MediaBox [' + box + b'] /Contents 4 0 R '
        b'/Resources << /Font << /F1 5 0 R >> >> >>',
        b'<< /Length %d >>\nstream\n%s\nendstream' % (len(content), content),
        b'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ]
    document, offsets = b'%PDF-1.4\n', []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(document))
        document += b'%d 0 obj\n%s\nendobj\n' % (number, body)
    start = len(document)
    document += b'xref\n0 %d\n0000000000 65535 f \n' % (len(objects) + 1)
    document += b''.join(b'%010d 00000 n \n' % offset for offset in offsets)
    document += b'trailer\n<< /Size %d /Root 1 0 R >>\n' % (len(objects) + 1)
    return document + b'startxref\n%d\n%%%%EOF\n' % start
