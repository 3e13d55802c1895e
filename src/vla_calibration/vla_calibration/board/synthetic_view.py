"""Pictures of boards with exact truth, for tests, samples and the benchmark."""

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_calibration.board.boards import Board
from vla_calibration.board.find.aprilgrid import BORDER
from vla_calibration.board.pdf import draw
from vla_calibration.lens.lens import Lens
from vla_contract.values import Image, Vector

_OVERSAMPLING = 4
# Rays are computed for every eighth pixel.
_STRIDE = 8
# Drawn pixels per square of the board.
_SQUARE_PX = 80


def draw_board(board: Board) -> tuple[Image, Vector]:
    """Return a grey picture of a board and the map from board metres to its pixels, (3, 3).

    Works for chessboards, ChArUco boards and AprilGrids.
    """
    if board.kind == 'aprilgrid':
        return _drawn_aprilgrid(board)
    scale = _SQUARE_PX / board.square_m
    if board.kind == 'charuco':
        size = (board.cols * _SQUARE_PX, board.rows * _SQUARE_PX)
        picture = np.asarray(board.aruco().generateImage(size, marginSize=0))
        offset = 0.0
    else:
        column, row = np.meshgrid(np.arange(board.cols + 1), np.arange(board.rows + 1))
        squares = np.where((column + row) % 2 == 0, 0, 255).astype(np.uint8)
        picture = np.kron(squares, np.ones((_SQUARE_PX, _SQUARE_PX), dtype=np.uint8))
        offset = float(_SQUARE_PX)
    border = _SQUARE_PX
    picture = cv2.copyMakeBorder(
        picture, border, border, border, border, cv2.BORDER_CONSTANT, value=255
    )
    # The edge between two pixels lies half a pixel before the centre of the second.
    shift = offset + border - 0.5
    return picture, np.array([[scale, 0.0, shift], [0.0, scale, shift], [0.0, 0.0, 1.0]])


def _drawn_aprilgrid(board: Board) -> tuple[Image, Vector]:
    """Draw the shapes of the print, a module of a tag eight pixels wide."""
    drawing = draw(board)
    modules = board.markers.markerSize + 2 * BORDER
    per_mm = 8.0 * modules / (1000.0 * board.marker_m)
    margin = _SQUARE_PX
    width, height = (round(side * per_mm) + 2 * margin for side in (drawing.width, drawing.height))
    picture = np.full((height, width), 255, dtype=np.uint8)
    for grey, boxes in ((0, drawing.black), (255, drawing.white)):
        for left, top, right, low in _corners(boxes, per_mm) + margin:
            picture[top:low, left:right] = grey
    scale = 1000.0 * per_mm
    # The board begins at its first tag, the drawing at the square beside it.
    shift = margin - 0.5 + per_mm * 1000.0 * (board.square_m - board.marker_m)
    return picture, np.array([[scale, 0.0, shift], [0.0, scale, shift], [0.0, 0.0, 1.0]])


def _corners(boxes: Vector, per_mm: float) -> NDArray[np.int_]:
    """Return left, top, right and low edge of boxes in whole pixels, shape (n, 4)."""
    ends = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    return np.round(ends * per_mm).astype(int)


def render_view(
    board: Board, lens: Lens, T_camera_board: Vector, noise: float = 2.0, seed: int = 0
) -> Image:
    """Return a grey image of a board, shape (H, W), as the lens sees it.

    Args:
        board: a chessboard, a ChArUco board or an AprilGrid.
        lens: the camera, distortion included.
        T_camera_board: pose of the board in the optical frame, shape (4, 4) [m].
        noise: standard deviation of the sensor's noise [grey levels].
        seed: seed of the noise.
    """
    picture, board_to_picture = draw_board(board)
    plane_to_camera = T_camera_board[:3, [0, 1, 3]]
    maps = _fine_maps(lens, board_to_picture @ np.linalg.inv(plane_to_camera))
    seen = cv2.remap(
        picture, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=120,
    )  # fmt: skip
    image = cv2.resize(seen, lens.size, interpolation=cv2.INTER_AREA).astype(np.float64)
    image = cv2.GaussianBlur(image, (0, 0), 0.6)
    image += np.random.default_rng(seed).normal(0.0, noise, image.shape)
    rounded: Image = np.clip(np.round(image), 0, 255).astype(np.uint8)
    return rounded


def _fine_maps(lens: Lens, camera_to_picture: Vector) -> NDArray[np.float32]:
    """Return where in the picture each oversampled pixel looks, shape (k H, k W, 2) [px].

    Distortion is smooth: rays are known at the middle of every eighth pixel, with one more around
    the image, and bilinear in between, which is exact to 1e-3 px.
    """
    columns, rows = (-(-side // _STRIDE) + 2 for side in lens.size)
    middles = (np.arange(max(columns, rows)) - 0.5) * _STRIDE - 0.5
    coarse = np.stack(np.meshgrid(middles[:columns], middles[:rows]), axis=-1)
    ideal = lens.normalise(coarse.reshape(-1, 2))
    rays = np.column_stack([ideal, np.ones(len(ideal))]) @ camera_to_picture.T
    step = _STRIDE * _OVERSAMPLING
    fine = cv2.resize(
        rays.reshape(rows, columns, 3).astype(np.float32), (columns * step, rows * step),
        interpolation=cv2.INTER_LINEAR,
    )  # fmt: skip
    inside = fine[step : step + lens.height * _OVERSAMPLING, step:][
        :, : lens.width * _OVERSAMPLING
    ]
    maps: NDArray[np.float32] = inside[..., :2] / inside[..., 2:]
    return maps
