"""Write results into the calibration file of a camera, and read them back as lens and pose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, UTC
import hashlib
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from vla_calibration.board.boards import Board
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.lens import Lens
from vla_contract.cameras.calibration import (
    CameraCalibration,
    Extrinsics,
    LensCalibration,
    Provenance,
    RejectedView,
    SourceImage,
)
from vla_contract.cameras.calibration_file import load_calibration, save_calibration
from vla_contract.errors import ResourceNotFoundError, VlaError
from vla_contract.values import Vector

SCHEMA = 1


@dataclass(frozen=True)
class Verdict:
    """Whether a result may be used.

    Attributes:
        accepted: every gate held.
        reasons: gates that did not hold, and warnings.
    """

    accepted: bool
    reasons: tuple[str, ...] = ()


def describe_source(
    method: str,
    board: Board | None = None,
    images: Iterable[Path] = (),
    rejected: Mapping[str, str] | None = None,
) -> Provenance:
    """Say where a result comes from, now.

    Args:
        method: command or algorithm.
        board: what was seen, None where no board was.
        images: files used; their hashes are computed here.
        rejected: name of each view not used, and why.
    """
    return Provenance(
        date=datetime.now(UTC).isoformat(timespec='seconds'),
        method=method,
        software=f'vla_calibration {version("vla_calibration")}',
        opencv=cv2.__version__,
        detector=board.kind if board else '',
        board=str(board) if board else '',
        images=tuple(
            SourceImage(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in images
        ),
        rejected=tuple(RejectedView(view, why) for view, why in (rejected or {}).items()),
    )


def describe_lens(
    lens: Lens,
    source: Provenance,
    verdict: Verdict,
    rms_px: float | None,
    held_out_rms_px: float | None = None,
    covariance: Vector | None = None,
    bow_mm: tuple[Vector, Vector] | None = None,
) -> LensCalibration:
    """Return the lens as the file holds it.

    Args:
        lens: the result.
        source: where it comes from.
        verdict: whether it may be used.
        rms_px: per point, in the views used [px]; None if unknown.
        held_out_rms_px: per point, in views left out [px].
        covariance: of fx fy cx cy and the coefficients, shape (4 + n, 4 + n).
        bow_mm: of the board with its deviations, shape (2,) each [mm]; None of a flat one.
    """
    (fx, _, cx), (_, fy, cy), _ = lens.K.tolist()
    return LensCalibration(
        lens.model, lens.width, lens.height, fx, fy, cx, cy, _numbers(lens.distortion), source,
        () if covariance is None else _numbers(covariance), rms_px, held_out_rms_px,
        verdict.accepted, verdict.reasons,
        *(() if bow_mm is None else (_numbers(bow_mm[0]), _numbers(bow_mm[1]))),
    )  # fmt: skip


def describe_pose(
    pose: Pose,
    mount: str,
    source: Provenance,
    verdict: Verdict,
    covariance: Vector | None = None,
    statistical_95_mm: float | None = None,
    systematic_95_mm: float | None = None,
    error_95_mm: float | None = None,
) -> Extrinsics:
    """Return the pose of a camera as the file holds it.

    Args:
        pose: of the optical frame in the tool or base frame.
        mount: 'eye-in-hand' or 'eye-to-hand'.
        source: where it comes from.
        verdict: whether it may be used.
        covariance: shape (6, 6), in the order and axes of `covariance_in_parent`.
        statistical_95_mm: of the position, from noise [mm].
        systematic_95_mm: of the position, from focal length and board size [mm].
        error_95_mm: both together [mm].
    """
    x, y, z = pose.position.tolist()
    qx, qy, qz, qw = pose.quaternion.tolist()
    return Extrinsics(
        mount, pose.parent, pose.child, (x, y, z), (qx, qy, qz, qw), source,
        () if covariance is None else _numbers(covariance),
        statistical_95_mm, systematic_95_mm, error_95_mm, verdict.accepted, verdict.reasons,
    )  # fmt: skip


def covariance_in_parent(right_twist: Vector, T: Vector) -> Vector:
    """Turn the covariance of a right twist into the file's: position, then rotation, in parent.

    T exp([w, v]) moves the position by R v and turns about the parent's axes by R w.

    Args:
        right_twist: shape (6, 6): rotation [rad], then translation [m], in the child's axes.
        T: pose of the child in the parent, shape (4, 4).
    """
    turn = np.zeros((6, 6))
    turn[:3, 3:] = turn[3:, :3] = T[:3, :3]
    covariance: Vector = turn @ right_twist @ turn.T
    # Symmetric to the last bit, as the file's check of eigenvalues likes it.
    return (covariance + covariance.T) / 2.0


def lens_of(calibration: CameraCalibration) -> Lens:
    """Return the lens of a calibration."""
    lens = calibration.lens
    return Lens(lens.width, lens.height, lens.K, np.array(lens.distortion), lens.model)


def pose_of(calibration: CameraCalibration) -> Pose:
    """Return the pose of the optical frame in what the camera is mounted to.

    Raises:
        VlaError: only the lens is calibrated.
    """
    pose = calibration.require_extrinsics()
    return Pose.from_xyzw(
        pose.parent, pose.child, np.array(pose.position_m), np.array(pose.quaternion_xyzw)
    )


def save_lens(
    path: Path, cell: str, camera: str, lens: LensCalibration, force: bool = False
) -> CameraCalibration:
    """Begin the file of a camera with its lens.

    A file that exists is replaced with `force` only, and its pose is dropped: it was computed
    with the old lens.

    Raises:
        VlaError: the file exists and `force` is not set, or a value is not valid.
    """
    calibration = CameraCalibration(SCHEMA, cell, camera, lens)
    save_calibration(calibration, path, force)
    return calibration


def save_pose(path: Path, pose: Extrinsics, force: bool = False) -> CameraCalibration:
    """Add the pose to the file that holds the lens it was computed with.

    Raises:
        ResourceNotFoundError: there is no such file; the lens comes first.
        VlaError: the file has a pose already and `force` is not set, or a value is not valid.
    """
    if not path.is_file():
        raise ResourceNotFoundError('calibration', path, 'run vla camera intrinsics first')
    calibration = load_calibration(path)
    if calibration.extrinsics is not None and not force:
        raise VlaError(f'{path} has a pose already; give --force to replace it')
    calibration = replace(calibration, extrinsics=pose)
    save_calibration(calibration, path, force=True)
    return calibration


def _numbers(values: Vector) -> tuple[float, ...]:
    return tuple(np.asarray(values, dtype=np.float64).ravel().tolist())
