"""Pictures that show whether intrinsics can be trusted; plain OpenCV drawing, milliseconds each.

All take and return images as OpenCV has them, shape (H, W, 3), BGR.
"""

import cv2
import numpy as np
from vla_calibration.lens.fit.intrinsics import Intrinsics
from vla_calibration.lens.fit.projection_uncertainty import COLUMNS, ROWS
from vla_calibration.lens.lens import Lens
from vla_contract.values import Image, Vector

_WIDTH = 800
_INK, _SOFT, _RED = (60, 50, 40), (225, 222, 218), (40, 40, 214)
_BLUE, _GREEN = (178, 96, 31), (70, 140, 30)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def coverage_map(result: Intrinsics) -> Image:
    """Draw the points of each used view, over cells that are tinted where they hold points."""
    size = result.lens.size
    canvas, scale = _canvas(size)
    counts = result.coverage.counts
    rows, columns = counts.shape
    height, width = canvas.shape[:2]
    strongest = max(float(counts.max()), 1.0)
    for (i, j), count in np.ndenumerate(counts):
        corner = (j * width // columns, i * height // rows)
        end = ((j + 1) * width // columns, (i + 1) * height // rows)
        tint = 0.15 + 0.35 * np.sqrt(count / strongest) if count else 0.0
        colour = tuple(255 - tint * (255 - np.array(_GREEN, dtype=float)))
        colour = colour if result.coverage.lit[i, j] else _SOFT
        cv2.rectangle(canvas, corner, end, colour, -1)
        cv2.rectangle(canvas, corner, end, _SOFT, 1)
    for view in range(len(result.views)):
        _, pixels = result.views.of_view(view)
        colour = _view_colour(view, len(result.views))
        for point in pixels:
            cv2.circle(canvas, _fixed(point, scale), 3 * 16, colour, -1, cv2.LINE_AA, 4)
    return canvas


def residual_field(result: Intrinsics) -> Image:
    """Draw the error of every point as an arrow, enlarged; a pattern means a wrong lens model."""
    canvas, scale = _canvas(result.lens.size)
    errors = result.fit.residual[result.views.weight > 0.0]
    largest = max(float(np.percentile(np.linalg.norm(errors, axis=1), 99)), 1e-6)
    # The longest arrows reach a thirtieth of the picture; the factor is a round number.
    factor = _round_number(_WIDTH / 30.0 / scale / largest)
    for view in range(len(result.views)):
        real = result.views.weight[view] > 0.0
        colour = _view_colour(view, len(result.views))
        for point, error in zip(
            result.views.pixels[view][real], result.fit.residual[view][real], strict=True
        ):
            start, end = _fixed(point, scale), _fixed(point + factor * error, scale)
            cv2.line(canvas, start, end, colour, 1, cv2.LINE_AA, 4)
            cv2.circle(canvas, start, 24, colour, -1, cv2.LINE_AA, 4)
    return _labelled(canvas, f'errors drawn {factor:g} times as long')


def split_map(result: Intrinsics) -> Image | None:
    """Draw by how much the lenses of two halves differ; None where there are no halves."""
    if result.split is None:
        return None
    canvas, scale = _canvas(result.lens.size)
    worst = float(result.split[:, 2].max())
    if not np.isfinite(worst):
        return _labelled(canvas, 'the halves lead to no lens')
    step = np.ptp(result.split[:, 0]) / 23.0, np.ptp(result.split[:, 1]) / 23.0
    shades = _heat(result.split[:, 2] / max(worst, 1.0))
    for (x, y, _), shade in zip(result.split, shades, strict=True):
        low = (round((x - step[0] / 2.0) * scale), round((y - step[1] / 2.0) * scale))
        high = (round((x + step[0] / 2.0) * scale), round((y + step[1] / 2.0) * scale))
        cv2.rectangle(canvas, low, high, tuple(int(v) for v in shade), -1)
    return _labelled(canvas, f'white 0 px, darkest {max(worst, 1.0):.2f} px; worst {worst:.2f} px')


def uncertainty_map(result: Intrinsics) -> Image:
    """Draw how far pixels of far points may be off, with the worst where boards were seen."""
    canvas, scale = _canvas(result.lens.size)
    found = result.uncertainty
    worst = max(found.figures['far_worst'], 1e-6)
    height, width = canvas.shape[:2]
    shades = _heat(np.nan_to_num(found.far_px, posinf=worst) / worst).reshape(ROWS, COLUMNS, 3)
    for (i, j), _ in np.ndenumerate(shades[..., 0]):
        low = (j * width // COLUMNS, i * height // ROWS)
        high = ((j + 1) * width // COLUMNS - 1, (i + 1) * height // ROWS - 1)
        cv2.rectangle(canvas, low, high, tuple(int(v) for v in shades[i, j]), -1)
    for pixel in found.pixels[~found.is_inside]:
        cv2.circle(canvas, _fixed(pixel, scale), 3 * 16, _RED, 1, cv2.LINE_AA, 4)
    return _labelled(canvas, f'white 0 px, darkest {worst:.2f} px or more; circles: no board seen')


def reprojection(image: Image, seen: Vector, predicted: Vector, title: str) -> Image:
    """Draw where points were seen (circles) and where the lens predicts them (crosses)."""
    picture, scale = _enlarged(image)
    for point in seen:
        cv2.circle(picture, _fixed(point, scale), 6 * 16, (80, 220, 80), 1, cv2.LINE_AA, 4)
    for point in predicted:
        x, y = _fixed(point, scale)
        cv2.line(picture, (x - 64, y), (x + 64, y), _RED, 1, cv2.LINE_AA, 4)
        cv2.line(picture, (x, y - 64), (x, y + 64), _RED, 1, cv2.LINE_AA, 4)
    return _labelled(picture, title)


def undistorted(image: Image, lens: Lens) -> Image:
    """Show an image as taken beside the same without distortion, with lines to judge by."""
    if lens.model == 'equidistant':
        flat = cv2.fisheye.undistortImage(image, lens.K, lens.distortion, Knew=lens.K)
    else:
        flat = cv2.undistort(image, lens.K, lens.distortion)
    panels = []
    for picture in (image, np.asarray(flat, dtype=np.uint8)):
        panel = _enlarged(picture)[0]
        for y in np.linspace(0, panel.shape[0], 9)[1:-1]:
            cv2.line(panel, (0, int(y)), (panel.shape[1], int(y)), (0, 200, 255), 1)
        panels.append(panel)
    return np.concatenate(
        [_labelled(panels[0], 'as taken'), _labelled(panels[1], 'undistorted')], axis=1
    )


def _canvas(size: tuple[int, int]) -> tuple[Image, float]:
    scale = _WIDTH / size[0]
    return np.full((round(size[1] * scale), _WIDTH, 3), 255, dtype=np.uint8), scale


def _enlarged(image: Image) -> tuple[Image, float]:
    scale = _WIDTH / image.shape[1]
    size = (_WIDTH, round(image.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=way), dtype=np.uint8), scale


def _labelled(picture: Image, text: str) -> Image:
    """Add a strip with a line of text below a picture."""
    strip = np.full((30, picture.shape[1], 3), 255, dtype=np.uint8)
    cv2.putText(strip, text, (8, 21), _FONT, 0.52, _INK, 1, cv2.LINE_AA)
    return np.concatenate([picture, strip], axis=0)


def _fixed(point: Vector, scale: float) -> tuple[int, int]:
    """Return a point of the image in sixteenths of a pixel of the picture."""
    x, y = (np.asarray(point) + 0.5) * scale - 0.5
    return round(16.0 * float(x)), round(16.0 * float(y))


def _view_colour(view: int, count: int) -> tuple[int, int, int]:
    """Give each view its own hue, dark enough on white."""
    hue = np.array([[[round(179.0 * view / max(count, 1)), 220, 165]]], dtype=np.uint8)
    b, g, r = cv2.cvtColor(hue, cv2.COLOR_HSV2BGR)[0, 0]
    return int(b), int(g), int(r)


def _heat(share: Vector) -> Vector:
    """Shade from white to blue."""
    share = np.clip(share, 0.0, 1.0)[:, None]
    shade: Vector = 255.0 + share * (np.array(_BLUE, dtype=float) - 255.0)
    return shade


def _round_number(value: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20 ... below a value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step for step in (1.0, 2.0, 5.0) if step * power <= value) * power)
