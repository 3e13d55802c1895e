"""A page in one file that shows a calibration: figures, gates and pictures."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np
from vla_calibration.image_set import BoardImage, ImageSet
from vla_calibration.intrinsics import Intrinsics
from vla_calibration.intrinsics_figures import parameter_rows
from vla_calibration.intrinsics_pictures import (
    coverage_map,
    reprojection,
    residual_field,
    split_map,
    undistorted,
)
from vla_contract.values import Image

_SHOWN = 4
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #283240; max-width: 1080px; margin: 2em auto;
       padding: 0 1em }
h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2em }
table { border-collapse: collapse } td, th { padding: .2em .9em .2em 0; text-align: left;
       border-bottom: 1px solid #e4e7eb; font-variant-numeric: tabular-nums }
.yes { color: #1e7a34 } .no { color: #c22727; font-weight: 600 }
figure { margin: 1em 0 } img { max-width: 100%; border: 1px solid #e4e7eb }
figcaption { color: #66707c; font-size: .92em }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1em }
"""


def write_report(path: Path, name: str, board: str, images: ImageSet, result: Intrinsics) -> None:
    """Write the page; pictures are inside it."""
    verdict = (
        '<p class="yes">accepted: every gate holds</p>'
        if result.accepted
        else '<p class="no">not accepted</p><ul>'
        + ''.join(f'<li>{escape(reason)}</li>' for reason in result.reasons)
        + '</ul>'
    )
    body = [
        f'<h1>Intrinsics of {escape(name)}</h1>', verdict,
        f'<p>{images.size[0]}x{images.size[1]} px, board: {escape(board)}; '
        f'{len(result.kept)} views used of {len(images.used) + len(images.skipped)} images</p>',
        '<h2>Gates</h2>', _gates(result), '<h2>Lens</h2>', _parameters(result),
        '<h2>Models</h2>', _models(result), '<h2>Evidence</h2>', *_evidence(result),
        '<h2>Reprojection</h2>', *_reprojections(images, result),
        '<h2>Undistorted</h2>', _undistorted(images, result),
        '<h2>Views</h2>', _views(images, result),
    ]  # fmt: skip
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<title>Intrinsics of {escape(name)}</title><style>{_STYLE}</style>\n'
        + '\n'.join(body)
        + '\n</html>\n'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + '.part')
    try:
        temporary.write_text(page, encoding='utf-8')
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _gates(result: Intrinsics) -> str:
    return _table(
        ('gate', 'found', 'needed', ''),
        [(gate.name, gate.found, gate.needed, _tick(gate.holds)) for gate in result.gates],
    )


def _parameters(result: Intrinsics) -> str:
    rows = [(name, f'{value:.6g}', std) for name, value, std in parameter_rows(result)]
    return _table(('parameter', 'value', 'standard deviation'), rows)


def _models(result: Intrinsics) -> str:
    rows = [
        (c.name, f'{c.rms_px:.4f}', f'{c.held_out_rms_px:.4f}', _chosen(c.name, result))
        for c in result.candidates
    ]
    return _table(('model', 'RMS [px]', 'RMS of views left out [px]', ''), rows)


def _chosen(name: str, result: Intrinsics) -> str:
    return 'chosen' if name == result.chosen else ''


def _evidence(result: Intrinsics) -> list[str]:
    split = split_map(result)
    figures = [
        _figure(coverage_map(result), 'Coverage: one colour per view; cells without points are '
                'white.'),
        _figure(residual_field(result), 'Residual field: predicted minus seen. Arrows that follow '
                'a pattern in one region mean that the lens model does not fit there.'),
    ]  # fmt: skip
    if split is not None:
        figures.append(
            _figure(split, 'Difference between the lenses of two halves of the views, over the '
                    'region that boards covered.')
        )  # fmt: skip
    return ['<div class="pair">', *figures, '</div>']


def _reprojections(images: ImageSet, result: Intrinsics) -> list[str]:
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
    return ['<p>Circles: seen. Crosses: predicted. The worst views, and the best.</p>',
            '<div class="pair">', *figures, '</div>']  # fmt: skip


def _undistorted(images: ImageSet, result: Intrinsics) -> str:
    """Show the view whose points reach furthest out, where distortion is strongest."""
    centre = result.lens.K[:2, 2]
    reach = [np.linalg.norm(d.pixels - centre, axis=1).max() for d in images.detections]
    image = _colour(images.used[int(np.argmax(reach))])
    return _figure(
        undistorted(image, result.lens),
        'Edges that are straight in the world are straight on the right.',
        is_photograph=True,
    )


def _views(images: ImageSet, result: Intrinsics) -> str:
    rows = []
    for view, image in enumerate(images.used):
        kept = np.flatnonzero(result.kept == view)
        held = f'{result.held_out[kept[0]]:.3f}' if len(kept) else ''
        tilt = f'{result.tilts[kept[0]]:.1f}' if len(kept) else ''
        rows.append(
            (image.path.name, f'{result.view_rms[view]:.3f}', held, tilt,
             f'{result.view_z[view]:.1f}', _word(len(kept) > 0))
        )  # fmt: skip
    rows += [(escape(image.problem), '', '', '', '', 'skipped') for image in images.skipped]
    heads = ('image', 'RMS [px]', 'left out [px]', 'tilt [deg]', 'robust z', '')
    return _table(heads, rows)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = ''.join(f'<th>{text}</th>' for text in heads)
    lines = [''.join(f'<td>{text}</td>' for text in row) for row in rows]
    body = ''.join(f'<tr>{line}</tr>' for line in lines)
    return f'<table><tr>{head}</tr>{body}</table>'


def _tick(holds: bool) -> str:
    return '<span class="yes">holds</span>' if holds else '<span class="no">does not hold</span>'


def _word(is_used: bool) -> str:
    return 'used' if is_used else '<span class="no">rejected</span>'


def _figure(picture: Image, caption: str, is_photograph: bool = False) -> str:
    # Photographs as JPEG: a tenth of the size, and encoded in a tenth of the time.
    kind = 'jpeg' if is_photograph else 'png'
    options = [cv2.IMWRITE_JPEG_QUALITY, 92] if is_photograph else [cv2.IMWRITE_PNG_COMPRESSION, 1]
    _, data = cv2.imencode(f'.{kind}', picture, options)
    source = base64.b64encode(data.tobytes()).decode('ascii')
    return (
        f'<figure><img src="data:image/{kind};base64,{source}" alt="{escape(caption)}">'
        f'<figcaption>{escape(caption)}</figcaption></figure>'
    )


def _colour(image: BoardImage) -> Image:
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    return np.asarray(cv2.imread(str(image.path), flags), dtype=np.uint8)
