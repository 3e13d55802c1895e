"""A page in one file that shows a hand-eye calibration: verdict, figures, views and pictures."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from vla_calibration.hand_eye import HandEyeResult
from vla_calibration.hand_eye_data import Views
from vla_calibration.hand_eye_figures import figures
from vla_calibration.hand_eye_pictures import agreement, directions, residual_bars, uncertainty

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #283240; max-width: 1080px; margin: 2em auto;
       padding: 0 1em }
h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2em }
table { border-collapse: collapse } td, th { padding: .2em .9em .2em 0; text-align: left;
       border-bottom: 1px solid #e4e7eb; font-variant-numeric: tabular-nums }
.yes { color: #1e7a34 } .no { color: #c22727; font-weight: 600 }
figure { margin: 1em 0 } img { max-width: 100% }
figcaption { color: #66707c; font-size: .92em }
"""


def write_report(path: Path, result: HandEyeResult, views: Views) -> None:
    """Write the page; pictures are inside it."""
    found = figures(result, views)
    title = f'{result.camera.child} in {result.camera.parent}'
    body = [
        f'<h1>Hand-eye: {escape(title)} ({result.setup})</h1>', _verdict(result),
        '<h2>Result</h2>', _table(('', ''), _summary(found)),
        '<h2>How sure it is</h2>',
        _picture(uncertainty(result), '95 % ellipsoid of the position from noise, and what '
                 "OpenCV's methods say to the same views (where they fit in)"),
        '<h2>Views</h2>',
        _picture(residual_bars(result), 'each view as predicted by all others; how far the answer '
                 'moves without it'),
        _picture(agreement(result), 'how many times as far off as its noise allows each view is'),
        _picture(directions(result), 'from where the board was seen: tilt and bearing'),
        _table(('view', 'held out [mm]', 'held out [deg]', 'chi2', 'influence [mm]'),
               [(row['view'], row['held_out_mm'], row['held_out_deg'], row['held_out_chi2'],
                 row['influence_mm']) for row in found['per_view']]),
        '<h2>Views not used</h2>',
        _table(('view', 'reason'), [tuple(row.values()) for row in found['rejected']]),
        "<h2>OpenCV's methods</h2>", _table(('method', 'away from this [mm]'), _methods(found)),
    ]  # fmt: skip
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<title>Hand-eye of {escape(title)}</title><style>{_STYLE}</style>\n'
        + '\n'.join(body)
        + '\n</html>\n'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding='utf-8')


def _verdict(result: HandEyeResult) -> str:
    notes = ''.join(f'<li>{escape(text)}</li>' for text in (*result.reasons, *result.warnings))
    verdict = (
        '<p class="yes">accepted: every gate holds</p>'
        if result.is_accepted
        else '<p class="no">not accepted</p>'
    )
    return verdict + (f'<ul>{notes}</ul>' if notes else '')


def _summary(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = [
        ('position [mm]', ', '.join(f'{value:.3f}' for value in found['translation_mm'])),
        ('quaternion xyzw', ', '.join(f'{value:.6f}' for value in found['quaternion_xyzw'])),
        ('error at 95 % [mm]', found['error_95_mm']),
        ('of it from noise [mm]', found['statistical_95_mm']),
        ('of it from lens and board [mm]', found['systematic_95_mm']),
        ('rotation error at 95 % [deg]', found['rotation_95_deg']),
        ('held-out views, rms [mm]', found['loo_mm']),
        ('held-out chi2 per degree of freedom', found['held_out_chi2_per_dof']),
        ('views used', f'{found["used"]} of {found["views"]}'),
        ('views turn by [deg]', ', '.join(f'{value:.0f}' for value in found['diversity_deg'])),
        ('robot, one sigma per axis', f'{found["robot_sigma_mm"]:.2f} mm, '
         f'{found["robot_sigma_deg"]:.3f} deg'),
    ]  # fmt: skip
    if found['plane_error_mm']:
        rows.append((
            'error on the board [mm]',
            '{mean:.2f} on average, {max:.2f} at most; held out {held_out_mean:.2f}, '
            '{held_out_max:.2f}'.format(**found['plane_error_mm']),
        ))  # fmt: skip
    if found['other_distance']:
        rows.append((
            'at another distance',
            'boards at {far_m:.2f} m from those at {near_m:.2f} m: {far_by_near_mm:.2f} mm; the '
            'reverse: {near_by_far_mm:.2f} mm'.format(**found['other_distance']),
        ))  # fmt: skip
    if found['scale_check']:
        rows.append((
            'by the robot',
            'board {board_percent:+.2f} +- {board_sigma_percent:.2f} %, focal length '
            '{focal_percent:+.2f} +- {focal_sigma_percent:.2f} %: the camera would move by '
            '{camera_would_move_mm:.2f} mm'.format(**found['scale_check']),
        ))  # fmt: skip
    return rows


def _methods(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (name, row.get('rejected', row.get('away_mm'))) for name, row in found['methods'].items()
    ]


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return '<p>none</p>'
    head = ''.join(f'<th>{escape(text)}</th>' for text in heads)
    lines = [
        '<tr>' + ''.join(f'<td>{escape(_cell(cell))}</td>' for cell in row) + '</tr>'
        for row in rows
    ]
    return f'<table><tr>{head}</tr>{"".join(lines)}</table>'


def _cell(value: Any) -> str:
    return f'{value:.3f}' if isinstance(value, float) else str(value)


def _picture(png: bytes, caption: str) -> str:
    data = base64.b64encode(png).decode()
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{escape(caption)}">'
        f'<figcaption>{escape(caption)}</figcaption></figure>'
    )
