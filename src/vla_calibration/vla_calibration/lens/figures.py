"""The figures of a calibration as plain values: for JSON, provenance and people."""

from datetime import datetime, UTC
import math
from typing import Any

import cv2
import numpy as np
from vla_calibration.board.boards import Board, WITH_MARKERS
from vla_calibration.lens.fit.intrinsics import Intrinsics
from vla_calibration.lens.image_set import ImageSet

_PINHOLE = ('fx', 'fy', 'cx', 'cy')
_DISTORTION = ('k1', 'k2', 'p1', 'p2', 'k3', 'k4', 'k5', 'k6')
_FISHEYE = ('k1', 'k2', 'k3', 'k4')


def parameter_names(result: Intrinsics) -> tuple[str, ...]:
    """Return the names of the fitted parameters."""
    family = _FISHEYE if result.lens.model == 'equidistant' else _DISTORTION
    return _PINHOLE + family[: len(result.fit.state.lens_theta) - len(_PINHOLE)]


def parameter_rows(result: Intrinsics) -> list[tuple[str, float, str]]:
    """Return name, value and standard deviation in words of every fitted parameter."""
    bow = []
    if result.warp_mm is not None:
        bow = [
            (f'board bow, {along} [mm]', float(value), f'{std:.2g}')
            for along, value, std in zip(('rows', 'columns'), *result.warp_mm, strict=True)
        ]
    return [
        (name, float(value), f'{std:.2g}')
        for name, value, std in zip(
            parameter_names(result), result.fit.state.lens_theta, result.std, strict=True
        )
    ] + bow


def figures(result: Intrinsics, images: ImageSet, board: Board, camera: str) -> dict[str, Any]:
    """Return everything that is known about a calibration; None where it cannot be computed.

    RMS figures are per point, as cv2.calibrateCamera gives them: sqrt(2) larger than per
    coordinate.
    """
    lens = result.lens
    return {
        'accepted': result.accepted,
        'reasons': result.reasons,
        'camera_name': camera,
        'image_width': lens.width,
        'image_height': lens.height,
        'rms_px': _finite(result.fit.rms),
        'held_out_rms_px': _finite(result.held_out_rms_px),
        'fx': float(lens.K[0, 0]),
        'fy': float(lens.K[1, 1]),
        'cx': float(lens.K[0, 2]),
        'cy': float(lens.K[1, 2]),
        'distortion': lens.distortion.tolist(),
        'distortion_model': lens.model,
        'model': result.chosen,
        'std': {
            name: _finite(std)
            for name, std in zip(parameter_names(result), result.std, strict=True)
        },
        'board_bow_mm': None if result.warp_mm is None else result.warp_mm[0].tolist(),
        'board_bow_std_mm': None if result.warp_mm is None else result.warp_mm[1].tolist(),
        'projection_std_px': {
            name: _finite(value) for name, value in result.uncertainty.figures.items()
        },
        'half_split_px': _finite(result.split_rms_px),
        'coverage_percent': 100.0 * result.coverage.share,
        'empty_regions': list(result.coverage.empty_regions),
        'views': len(result.kept),
        'gates': [
            {'name': g.name, 'found': g.found, 'needed': g.needed, 'holds': g.holds}
            for g in result.gates
        ],
        'models': [
            {'name': c.name, 'rms_px': _finite(c.rms_px),
             'held_out_rms_px': _finite(c.held_out_rms_px)}
            for c in result.candidates
        ],
        'images': _images(result, images),
        'skipped': [{'image': i.path.name, 'problem': i.problem} for i in images.skipped],
        'board': _board(board),
        'board_name': str(board),
        'opencv': cv2.__version__,
        'date': datetime.now(UTC).isoformat(timespec='seconds'),
    }  # fmt: skip


def provenance(found: dict[str, Any]) -> dict[str, Any]:
    """Return what of the figures belongs into the camera_info file."""
    keys = (
        'accepted', 'rms_px', 'held_out_rms_px', 'model', 'std', 'half_split_px',
        'coverage_percent', 'views', 'board', 'board_name', 'board_bow_mm', 'board_bow_std_mm',
        'opencv', 'date',
    )  # fmt: skip
    kept = {key: found[key] for key in keys}
    kept['images'] = {
        image['image']: image['sha256'] for image in found['images'] if image['used']
    }
    return kept


def _images(result: Intrinsics, images: ImageSet) -> list[dict[str, Any]]:
    rows = []
    for view, image in enumerate(images.used):
        place = np.flatnonzero(result.kept == view)
        is_used = len(place) > 0
        rows.append({
            'image': image.path.name,
            'sha256': image.sha256,
            'used': is_used,
            'points': len(images.detections[view]),
            'rms_px': _finite(result.view_rms[view]),
            'robust_z': _finite(result.view_z[view]),
            'held_out_rms_px': _finite(result.held_out[place[0]]) if is_used else None,
            'tilt_deg': float(result.tilts[place[0]]) if is_used else None,
        })  # fmt: skip
    return rows


def _board(board: Board) -> dict[str, Any]:
    found: dict[str, Any] = {
        'kind': board.kind, 'cols': board.cols, 'rows': board.rows,
        'square_mm': 1000.0 * board.square_m,
    }  # fmt: skip
    if board.kind in WITH_MARKERS:
        found |= {'marker_mm': 1000.0 * board.marker_m, 'dictionary': board.dictionary}
    return found


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
