"""Draws what a person at the board wants to know onto the camera's image."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_calibration.capture.capture import Progress
from vla_calibration.capture.look import Look
from vla_calibration.lens.coverage import COLUMNS, Coverage, ROWS
from vla_calibration.lens.lens import Lens
from vla_contract.values import Image, Vector

_GREEN, _AMBER, _BLUE, _WHITE = (60, 200, 80), (255, 170, 0), (70, 150, 255), (255, 255, 255)
# Share of the colour that a covered cell takes on.
_TINT = 0.18
# Smaller pictures are enlarged, for text to be read on them.
_SMALLEST_WIDTH = 640
# Always as many lines, so that the picture keeps its size.
_LINES = 4


def annotate(
    look: Look,
    progress: Progress,
    coverage: Coverage,
    lens: Lens | None = None,
    next_T: Vector | None = None,
    points: Vector | None = None,
    is_running: bool = False,
) -> Image:
    """Return the image with corners, covered cells, the next view's outline and text.

    Args:
        look: what is seen.
        progress: how far the session is.
        coverage: which part of the image is covered.
        lens: needed to draw the next view.
        next_T: pose of the board in the camera at the next view, shape (4, 4) [m].
        points: points of the board, shape (n, 3) [m].
        is_running: whether views are taken by themselves.
    """
    picture = np.array(look.image)
    _tint_covered(picture, coverage)
    scale = max(1, int(np.ceil(_SMALLEST_WIDTH / picture.shape[1])))
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    colour = _GREEN if not look.reasons else _AMBER
    if look.detection is not None:
        corners = _enlarged(look.detection.pixels, scale)
        for k, corner in enumerate(corners.tolist()):
            # The first corner is drawn larger: the board's origin.
            cv2.circle(picture, corner, 8 if k == 0 else 4, colour, 1 + (k == 0), cv2.LINE_AA)
    is_known = next_T is not None and bool(np.isfinite(next_T).all())
    if lens is not None and points is not None and is_known:
        outline = _enlarged(lens.project(_outline(points), next_T), scale)
        cv2.polylines(picture, [outline], True, _BLUE, 2, cv2.LINE_AA)
    band = _text_band(picture.shape[1], text_lines(look, progress, is_running), colour)
    whole: Image = np.concatenate([band, picture])
    return whole


def text_lines(look: Look, progress: Progress, is_running: bool = False) -> list[str]:
    """Return what is written on the image, the most important first."""
    state = 'hold still: taking' if is_running else 'ready: take'
    lines = [state if not look.reasons else look.reasons[0], progress_line(progress)]
    if look.geometry is not None:
        lines.append(
            f'tilt {look.geometry.tilt_deg:.0f} deg  {look.geometry.distance_m:.2f} m  '
            f'blur {look.blur_px:.1f} px'
        )
    if progress.problem:
        lines.append(progress.problem)
    return lines


def progress_line(progress: Progress) -> str:
    """Return how far a session is, in one line."""
    line = f'{progress.taken}/{progress.wanted} views  image {100 * progress.covered:.0f} %  '
    line += f'tilted {progress.tilted}'
    if progress.sigma_mm is not None:
        unknown = not np.isfinite(progress.sigma_mm)
        sigma = 'undetermined' if unknown else f'+-{progress.sigma_mm:.2f} mm'
        line += f'  hand-eye {sigma}  turned {progress.turned_deg:.0f} deg'
    return line + ('  complete' if progress.is_complete else '')


def _tint_covered(picture: Image, coverage: Coverage) -> None:
    height, width = picture.shape[:2]
    rows = np.linspace(0, height, ROWS + 1).round().astype(int)
    columns = np.linspace(0, width, COLUMNS + 1).round().astype(int)
    for i, j in zip(*np.nonzero(coverage.counts), strict=True):
        cell = picture[rows[i] : rows[i + 1], columns[j] : columns[j + 1]]
        cell[:] = ((1.0 - _TINT) * cell + _TINT * np.array(_GREEN)).astype(np.uint8)
    for y in rows[1:-1]:
        picture[y, ::4] = 160
    for x in columns[1:-1]:
        picture[::4, x] = 160


def _enlarged(pixels: Vector, scale: int) -> NDArray[np.int32]:
    """Return where pixels are when each is split; the middle of the first is no longer at 0."""
    rounded: NDArray[np.int32] = np.round((pixels + 0.5) * scale - 0.5).astype(np.int32)
    return rounded


def _outline(points: Vector) -> Vector:
    (left, top, _), (right, bottom, _) = points.min(axis=0), points.max(axis=0)
    return np.array([[left, top, 0], [right, top, 0], [right, bottom, 0], [left, bottom, 0]])


def _text_band(width: int, lines: Sequence[str], colour: tuple[int, int, int]) -> Image:
    """Return a dark picture with lines of text, to be put above the image."""
    size = width / 1280.0
    step = round(44 * size)
    band = np.full((step * _LINES + step // 2, width, 3), 30, dtype=np.uint8)
    for k, line in enumerate(lines[:_LINES]):
        cv2.putText(
            band, line, (round(12 * size), step * (k + 1)), cv2.FONT_HERSHEY_SIMPLEX,
            size, colour if k == 0 else _WHITE, max(1, round(2 * size)), cv2.LINE_AA,
        )  # fmt: skip
    return band
