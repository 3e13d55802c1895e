"""A hand-eye result as plain numbers: for machines, and as the pose in a calibration file."""

from datetime import datetime, UTC
import math
from typing import Any

import cv2
import numpy as np
from vla_calibration.board.plane_error import plane_errors
from vla_calibration.calibration_file import (
    covariance_in_parent,
    describe_pose,
    describe_source,
    Verdict,
)
from vla_calibration.hand_eye.data import Views
from vla_calibration.hand_eye.hand_eye import HandEyeResult
from vla_calibration.hand_eye.multi_camera import MultiCameraResult
from vla_contract.cameras.calibration import Extrinsics
from vla_contract.values import Vector


def figures(result: HandEyeResult, views: Views) -> dict[str, Any]:
    """Return everything worth keeping, snake_case with units."""
    fit, held_out = result.solution.fit, result.held_out
    return {
        'setup': result.setup,
        'parent': result.camera.parent,
        'child': result.camera.child,
        'translation_mm': (1000.0 * result.camera.position).tolist(),
        'quaternion_xyzw': result.camera.quaternion.tolist(),
        'error_95_mm': result.error_95_mm,
        'statistical_95_mm': result.statistical_95_mm,
        'systematic_95_mm': result.systematic_95_mm,
        'rotation_95_deg': rotation_95_deg(result),
        'covariance': position_and_rotation_covariance(result).ravel().tolist(),
        'loo_mm': held_out.rms_mm,
        'loo_deg': float(np.sqrt((held_out.angle_deg**2).mean())),
        'held_out_chi2_per_dof': held_out.chi2_per_dof,
        'plane_error_mm': _plane_error(result, views),
        'accepted': result.is_accepted,
        'reasons': list(result.reasons),
        'warnings': list(result.warnings),
        'views': len(result.names) + len(views.skipped),
        'used': int(result.solution.used.sum()),
        'rejected': [{'view': view, 'reason': reason} for view, reason in rejected(result, views)],
        'robot_sigma_mm': 1000.0 * result.solution.sigma.translation_m,
        'robot_sigma_deg': math.degrees(result.solution.sigma.rotation_rad),
        'corner_noise_px': views.sigma_px,
        'distance_m': result.problem.subset(result.solution.used).distance_m,
        'diversity_deg': result.diversity_deg.tolist(),
        'pair_mismatch_deg': float(np.median(result.pair_mismatch_deg)),
        'board_in_reference': {
            'parent': result.board.parent,
            'translation_mm': (1000.0 * result.board.position).tolist(),
            'quaternion_xyzw': result.board.quaternion.tolist(),
        },
        'scale_check': _scale(result),
        'other_distance': _other_distance(result),
        'methods': _methods(result),
        'per_view': per_view(result),
        'weights': dict(zip(np.array(result.names)[result.solution.used].tolist(),
                            fit.weights.tolist(), strict=True)),
        'opencv': cv2.__version__,
        'date': datetime.now(UTC).isoformat(timespec='seconds'),
    }  # fmt: skip


def extrinsics(result: HandEyeResult, views: Views) -> Extrinsics:
    """Return the pose as it stands in the calibration file of a camera."""
    used = set(np.array(result.names)[result.solution.used])
    source = describe_source(
        'vla camera hand-eye', views.board,
        [path for path in views.images if path.name in used], dict(rejected(result, views)),
    )  # fmt: skip
    return describe_pose(
        result.camera, result.setup, source,
        Verdict(result.is_accepted, result.reasons + result.warnings),
        position_and_rotation_covariance(result), result.statistical_95_mm,
        result.systematic_95_mm, result.error_95_mm,
    )  # fmt: skip


def between_figures(result: MultiCameraResult) -> list[dict[str, Any]]:
    """Return where each camera is in the first one, with its uncertainty."""
    first, *others = result.each
    rows = []
    for other in others:
        pose, covariance = result.between(first, other)
        std = np.sqrt(covariance.diagonal())
        rows.append({
            'parent': pose.parent,
            'child': pose.child,
            'translation_mm': (1000.0 * pose.position).tolist(),
            'quaternion_xyzw': pose.quaternion.tolist(),
            'position_std_mm': (1000.0 * std[3:]).tolist(),
            'rotation_std_deg': np.degrees(std[:3]).tolist(),
        })  # fmt: skip
    return rows


def position_and_rotation_covariance(result: HandEyeResult) -> Vector:
    """Return the covariance of position and rotation in the parent's axes, from noise, (6, 6)."""
    return covariance_in_parent(result.solution.fit.covariance[:6, :6], result.camera.T)


def rotation_95_deg(result: HandEyeResult) -> float:
    """Return the angle that holds the camera's rotation with 95 %, about its worst axis [deg]."""
    largest = float(np.linalg.eigvalsh(result.solution.fit.covariance[:3, :3])[-1])
    return math.degrees(math.sqrt(result.solution.ellipsoid_factor * largest))


def rejected(result: HandEyeResult, views: Views) -> list[tuple[str, str]]:
    """Return name and reason of every view that is not used."""
    used, chi2 = result.solution.used, result.solution.chi2
    wrong = [
        (
            result.names[i],
            f'does not agree with the others: {math.sqrt(chi2[i] / 6.0):.0f} times as far off as '
            'stated (stale pose, half a turn, the robot moved?)',
        )
        for i in np.flatnonzero(~used)
    ]
    return [*views.skipped, *wrong]


def per_view(result: HandEyeResult) -> list[dict[str, Any]]:
    """Return one row for each used view, as predicted by the others."""
    held_out = result.held_out
    return [
        {
            'view': result.names[view],
            'held_out_mm': float(held_out.centre_mm[k]),
            'held_out_deg': float(held_out.angle_deg[k]),
            'held_out_chi2': float(held_out.chi2[k]),
            'influence_mm': float(held_out.shift_mm[k]),
            'pair_mismatch_deg': float(result.pair_mismatch_deg[view]),
        }
        for k, view in enumerate(held_out.views)
    ]


def _methods(result: HandEyeResult) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for method in result.methods:
        if method.X is None:
            rows[method.name] = {'rejected': method.rejection}
        else:
            away = np.linalg.norm(method.X[:3, 3] - result.camera.position)
            rows[method.name] = {
                'translation_mm': (1000.0 * method.X[:3, 3]).tolist(),
                'away_mm': 1000.0 * float(away),
            }
    return rows


def _scale(result: HandEyeResult) -> dict[str, float] | None:
    if result.scale is None:
        return None
    return {
        'board_percent': result.scale.board_percent,
        'board_sigma_percent': result.scale.board_sigma_percent,
        'focal_percent': result.scale.focal_percent,
        'focal_sigma_percent': result.scale.focal_sigma_percent,
        'camera_would_move_mm': 1000.0
        * float(np.linalg.norm(result.scale.X[:3, 3] - result.camera.position)),
    }


def _other_distance(result: HandEyeResult) -> dict[str, float] | None:
    other = result.other_distance
    if other is None:
        return None
    return {
        'near_m': other.near_m, 'far_m': other.far_m,
        'far_by_near_mm': other.far_by_near_mm, 'near_by_far_mm': other.near_by_far_mm,
    }  # fmt: skip


def _plane_error(result: HandEyeResult, views: Views) -> dict[str, float] | None:
    """Return the 3-D error on the board's plane, in the used views and in held-out ones [mm]."""
    if views.lens is None:
        return None
    used = [views.used[i] for i in result.held_out.views]
    inside = plane_errors(used, views.lens, result.predicted[result.held_out.views])
    outside = plane_errors(used, views.lens, result.held_out.predicted)
    return {
        'mean': float(inside.mean()), 'std': float(inside.std()), 'max': float(inside.max()),
        'held_out_mean': float(outside.mean()), 'held_out_max': float(outside.max()),
    }  # fmt: skip
