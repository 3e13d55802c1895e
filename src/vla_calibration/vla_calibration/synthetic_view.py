"""Pictures of boards with exact truth, for tests, samples and the benchmark."""

import cv2
import numpy as np
from vla_calibration.boards import Board
from vla_calibration.lens import Lens
from vla_contract.values import Image, Vector

_OVERSAMPLING = 4
# Drawn pixels per square of the board.
_SQUARE_PX = 80


def draw_board(board: Board) -> tuple[Image, Vector]:
    """Return a grey picture of a board and the map from board metres to its pixels, (3, 3).

    Works for chessboards and ChArUco boards.
    """
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


def render_view(
    board: Board, lens: Lens, T_camera_board: Vector, noise: float = 2.0, seed: int = 0
) -> Image:
    """Return a grey image of a board, shape (H, W), as the lens sees it.

    Args:
        board: a chessboard or ChArUco board.
        lens: the camera, distortion included.
        T_camera_board: pose of the board in the optical frame, shape (4, 4) [m].
        noise: standard deviation of the sensor's noise [grey levels].
        seed: seed of the noise.
    """
    picture, board_to_picture = draw_board(board)
    k = _OVERSAMPLING
    fine = np.stack(
        np.meshgrid(
            (np.arange(lens.width * k) + 0.5) / k - 0.5,
            (np.arange(lens.height * k) + 0.5) / k - 0.5,
        ),
        axis=-1,
    )
    # Distortion is smooth: bilinear between every eighth pixel is exact to 1e-3 px.
    coarse = fine[:: 8 * k, :: 8 * k]
    ideal = lens.normalise(coarse.reshape(-1, 2)).reshape(*coarse.shape)
    size = (lens.width * k, lens.height * k)
    ideal = np.stack([_upsample(ideal[..., i], coarse, size, k) for i in range(2)], axis=-1)
    plane = np.linalg.inv(T_camera_board[:3, [0, 1, 3]])
    rays = np.concatenate([ideal, np.ones((*ideal.shape[:2], 1))], axis=-1)
    on_board = rays @ (board_to_picture @ plane).T
    maps = (on_board[..., :2] / on_board[..., 2:]).astype(np.float32)
    seen = cv2.remap(
        picture, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=120,
    )  # fmt: skip
    image = cv2.resize(seen, lens.size, interpolation=cv2.INTER_AREA).astype(np.float64)
    image = cv2.GaussianBlur(image, (0, 0), 0.6)
    image += np.random.default_rng(seed).normal(0.0, noise, image.shape)
    rounded: Image = np.clip(np.round(image), 0, 255).astype(np.uint8)
    return rounded


def _upsample(values: Vector, coarse: Vector, size: tuple[int, int], k: int) -> Vector:
    """Interpolate values known at every eighth pixel to every fine one."""
    x0, y0 = coarse[0, 0]
    x = ((np.arange(size[0]) + 0.5) / k - 0.5 - x0) / 8.0
    y = ((np.arange(size[1]) + 0.5) / k - 0.5 - y0) / 8.0
    columns = _interpolate(values, x, axis=1)
    return _interpolate(columns, y, axis=0)


def _interpolate(values: Vector, at: Vector, axis: int) -> Vector:
    """Interpolate linearly along an axis; beyond the last value go on straight."""
    count = values.shape[axis]
    first = np.clip(np.floor(at).astype(int), 0, count - 2)
    share = at - first
    shape = [1, 1]
    shape[axis] = len(at)
    share = share.reshape(shape)
    low, high = np.take(values, first, axis=axis), np.take(values, first + 1, axis=axis)
    result: Vector = low + (high - low) * share
    return result
