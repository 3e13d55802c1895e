"""A page in one file that shows a calibration: figures, gates and pictures."""

from html import escape
from pathlib import Path

import cv2
import numpy as np
from vla_calibration.lens.figures import parameter_rows
from vla_calibration.lens.fit.intrinsics import Intrinsics
from vla_calibration.lens.grey_image import read_colour
from vla_calibration.lens.image_set import BoardImage, ImageSet
from vla_calibration.lens.pictures import (
    coverage_map,
    reprojection,
    residual_field,
    split_map,
    uncertainty_map,
    undistorted,
)
from vla_contract.errors import VlaError
from vla_contract.page.page import figure, Html, mark, pair, table, verdict, write_page
from vla_contract.values import Image

_SHOWN = 4
_PIXELS = ('f', 'fx', 'fy', 'cx', 'cy')


def write_report(path: Path, name: str, board: str, images: ImageSet, result: Intrinsics) -> None:
    """Write the page."""
    summary = (
        f'{images.size[0]}x{images.size[1]} px, board: {board}; {len(result.kept)} views used of '
        f'{len(images.used) + len(images.skipped)} images'
    )
    write_page(path, f'Intrinsics of {name}', [
        verdict(result.accepted, result.reasons), f'<p>{escape(summary)}</p>',
        '<h2>Gates</h2>', _gates(result), '<h2>Lens</h2>', _parameters(result),
        '<h2>Models</h2>', _models(result), '<h2>Evidence</h2>', _evidence(result),
        '<h2>Reprojection</h2>',
        '<p>Circles: seen. Crosses: predicted. The worst views, and the best.</p>',
        _reprojections(images, result),
        '<h2>Undistorted</h2>', _undistorted(images, result),
        '<h2>Views</h2>', _views(images, result),
    ])  # fmt: skip


def _gates(result: Intrinsics) -> Html:
    return table(
        ('gate', 'found', 'needed', ''),
        [
            (
                gate.name,
                gate.found,
                gate.needed,
                mark('holds' if gate.holds else 'does not hold', gate.holds),
            )
            for gate in result.gates
        ],
    )


def _parameters(result: Intrinsics) -> Html:
    rows = [
        (f'{name} [px]' if name in _PIXELS else name, f'{value:.6g}', std)
        for name, value, std in parameter_rows(result)
    ]
    return table(('parameter', 'value', 'standard deviation'), rows)


def _models(result: Intrinsics) -> Html:
    rows = [
        (c.name, f'{c.rms_px:.4f}', f'{c.held_out_rms_px:.4f}', _chosen(c.name, result))
        for c in result.candidates
    ]
    return table(('model', 'RMS [px]', 'RMS of views left out [px]', ''), rows)


def _chosen(name: str, result: Intrinsics) -> str:
    return 'chosen' if name == result.chosen else ''


def _evidence(result: Intrinsics) -> Html:
    split = split_map(result)
    figures = [
        _figure(coverage_map(result), 'Coverage: one colour per view; cells without points are '
                'white, cells that the lens does not light are grey.'),
        _figure(residual_field(result), 'Residual field: predicted minus seen. Arrows that follow '
                'a pattern in one region mean that the lens model does not fit there.'),
    ]  # fmt: skip
    figures.append(
        _figure(uncertainty_map(result), 'One deviation of where a far point is seen, in the '
                'worst direction, less what the pose of the camera takes up.')
    )  # fmt: skip
    if split is not None:
        figures.append(
            _figure(split, 'Difference between the lenses of two halves of the views, over the '
                    'region that boards covered.')
        )  # fmt: skip
    return pair(figures)


def _reprojections(images: ImageSet, result: Intrinsics) -> Html:
    """Show the worst views, rejected ones among them, and the best for comparison."""
    order = np.argsort(-result.view_rms)
    shown = [*order[: _SHOWN - 1], order[-1]]
    figures = []
    for view in shown:
        image, detection = images.used[view], images.detections[view]
        kept = np.flatnonzero(result.kept == view)
        # A rejected view has no place in the fit: only what was seen is drawn.
        predicted = detection.pixels[:0]
        if len(kept):
            predicted = detection.pixels + result.fit.residual[kept[0]][: len(detection)]
        title = f'{image.path.name}: {result.view_rms[view]:.3f} px'
        title += '' if len(kept) else ', rejected'
        picture = reprojection(_colour(image), detection.pixels, predicted, title)
        figures.append(_figure(picture, '', is_photograph=True))
    return pair(figures)


def _undistorted(images: ImageSet, result: Intrinsics) -> Html:
    """Show the view whose points reach furthest out, where distortion is strongest."""
    centre = result.lens.K[:2, 2]
    reach = [np.linalg.norm(d.pixels - centre, axis=1).max() for d in images.detections]
    image = _colour(images.used[int(np.argmax(reach))])
    return _figure(
        undistorted(image, result.lens),
        'Edges that are straight in the world are straight on the right.',
        is_photograph=True,
    )


def _views(images: ImageSet, result: Intrinsics) -> Html:
    rows = []
    for view, image in enumerate(images.used):
        kept = np.flatnonzero(result.kept == view)
        held = f'{result.held_out[kept[0]]:.3f}' if len(kept) else ''
        tilt = f'{result.tilts[kept[0]]:.1f}' if len(kept) else ''
        rows.append(
            (image.path.name, f'{result.view_rms[view]:.3f}', held, tilt,
             f'{result.view_z[view]:.1f}', _used(len(kept) > 0))
        )  # fmt: skip
    rows += [(image.problem, '', '', '', '', 'skipped') for image in images.skipped]
    heads = ('image', 'RMS [px]', 'left out [px]', 'tilt [deg]', 'robust z', '')
    return table(heads, rows)


def _used(is_used: bool) -> str:
    return 'used' if is_used else mark('rejected', is_good=False)


def _figure(picture: Image, caption: str, is_photograph: bool = False) -> Html:
    # Photographs as JPEG: a tenth of the size, and encoded in a tenth of the time.
    kind = 'jpeg' if is_photograph else 'png'
    options = [cv2.IMWRITE_JPEG_QUALITY, 92] if is_photograph else [cv2.IMWRITE_PNG_COMPRESSION, 1]
    _, data = cv2.imencode(f'.{kind}', picture, options)
    return figure(data.tobytes(), caption, kind)


def _colour(image: BoardImage) -> Image:
    colour = read_colour(image.path.read_bytes())
    if colour is None:
        raise VlaError(f'{image.path} is no image any more')
    return colour
