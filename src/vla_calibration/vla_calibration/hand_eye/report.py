"""A page in one file that shows a hand-eye calibration: verdict, figures, views and pictures."""

from pathlib import Path
from typing import Any

from vla_calibration.hand_eye.data import Views
from vla_calibration.hand_eye.figures import figures
from vla_calibration.hand_eye.hand_eye import HandEyeResult
from vla_contract.page.page import drawing, Entry, table, verdict, write_page


def write_report(path: Path, result: HandEyeResult, views: Views) -> None:
    """Write the page."""
    from vla_calibration.hand_eye.pictures import agreement, directions, residual_bars, uncertainty
    from vla_calibration.hand_eye.reprojected import reprojected_board

    found = figures(result, views)
    title = f'Hand-eye: {result.camera.child} in {result.camera.parent} ({result.setup})'
    write_page(path, title, [
        verdict(result.is_accepted, (*result.reasons, *result.warnings)),
        '<h2>Result</h2>', table(('', ''), _summary(found)),
        '<h2>How sure it is</h2>',
        drawing(uncertainty(result), 'the stated error of the position at 95 %, what of it comes '
                "from noise, and what OpenCV's methods say to the same views (where they fit in)"),
        '<h2>Views</h2>',
        drawing(residual_bars(result), 'each view as predicted by all others; how far the answer '
                'moves without it'),
        drawing(agreement(result), 'how many times as far off as its noise allows each view is'),
        drawing(directions(result), 'from where the board was seen: tilt and bearing'),
        table(('view', 'held out [mm]', 'held out [deg]', 'chi2', 'influence [mm]'),
              [(row['view'], row['held_out_mm'], row['held_out_deg'], row['held_out_chi2'],
                row['influence_mm']) for row in found['per_view']]),
        reprojected_board(result, views),
        '<h2>Views not used</h2>',
        table(('view', 'reason'), [tuple(row.values()) for row in found['rejected']]),
        "<h2>OpenCV's methods</h2>", table(('method', 'away from this [mm]'), _methods(found)),
    ])  # fmt: skip


def _summary(found: dict[str, Any]) -> list[tuple[Entry, ...]]:
    rows: list[tuple[Entry, ...]] = [
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


def _methods(found: dict[str, Any]) -> list[tuple[Entry, ...]]:
    return [
        (name, row.get('rejected', row.get('away_mm'))) for name, row in found['methods'].items()
    ]
