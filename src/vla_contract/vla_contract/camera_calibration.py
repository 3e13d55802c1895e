"""The calibration file of one camera: lens, pose, how wrong they may be, and where they are from.

`calibration_data/<robot>/<camera>/calibration.yaml`. vla_calibration writes it; the simulator, the
launch files and the recordings read it.
"""

import dataclasses
from dataclasses import dataclass
import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
from vla_contract.errors import (
    ContractError,
    ResourceNotFoundError,
    SettingError,
    UnknownNameError,
    VlaError,
)
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import shared_roots
from vla_contract.values import Vector
import yaml

FILE_NAME = 'calibration.yaml'
FOLDER = 'calibration_data'
# Names of sensor_msgs/CameraInfo with the numbers of coefficients they allow.
COEFFICIENTS = {'plumb_bob': (4, 5), 'rational_polynomial': (8,), 'equidistant': (4,)}
# A quaternion typed with four digits is off by less.
_UNIT_TOLERANCE = 1e-3


@dataclass(frozen=True)
class SourceImage:
    """An image that was used."""

    file: str = setting(doc='file name')
    sha256: str = setting(doc='hash of the file')


@dataclass(frozen=True)
class RejectedView:
    """A view that was taken and not used."""

    view: str = setting(doc='file name of its image')
    reason: str = setting(doc='why it was left out')


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from; enough to repeat it."""

    date: str = setting(doc='when, ISO 8601 with zone')
    method: str = setting(doc='command or algorithm')
    software: str = setting(doc='package and version')
    opencv: str = setting('', doc='version of OpenCV')
    detector: str = setting('', doc='how the points were found')
    board: str = setting('', doc='the board, in words')
    images: tuple[SourceImage, ...] = setting((), doc='images used')
    rejected: tuple[RejectedView, ...] = setting((), doc='views not used')


@dataclass(frozen=True)
class LensCalibration:
    """Intrinsics; the centre of the first pixel is (0, 0), as in OpenCV and ROS."""

    model: str = setting(doc='distortion model', choices=tuple(COEFFICIENTS))
    width: int = setting(doc='image width', unit='px', lower=1)
    height: int = setting(doc='image height', unit='px', lower=1)
    fx: float = setting(doc='focal length in x', unit='px', lower=1.0)
    fy: float = setting(doc='focal length in y', unit='px', lower=1.0)
    cx: float = setting(doc='principal point', unit='px')
    cy: float = setting(doc='principal point', unit='px')
    distortion: tuple[float, ...] = setting(doc="coefficients in OpenCV's order")
    provenance: Provenance = setting(doc='where it comes from')
    covariance: tuple[float, ...] = setting(
        (), doc='of fx fy cx cy and the coefficients, row by row; empty if unknown'
    )
    rms_px: float | None = setting(None, doc='per point, in the views used', unit='px', lower=0.0)
    held_out_rms_px: float | None = setting(
        None, doc='per point, in views left out', unit='px', lower=0.0
    )
    accepted: bool = setting(False, doc='every gate held')
    reasons: tuple[str, ...] = setting((), doc='gates that did not hold, and warnings')

    @property
    def K(self) -> Vector:  # noqa: N802 - the field's notation
        """Camera matrix, shape (3, 3) [px]."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    @property
    def is_distorted(self) -> bool:
        """Whether a pinhole is not enough to draw what the camera sees."""
        return self.model == 'equidistant' or any(self.distortion)


@dataclass(frozen=True)
class Extrinsics:
    """Pose of the optical frame (x right, y down, z forward) in what the camera is mounted to."""

    mount: str = setting(doc='what carries the camera', choices=('eye-in-hand', 'eye-to-hand'))
    parent: str = setting(doc='frame the numbers are in: the tool or the base')
    child: str = setting(doc='optical frame')
    position_m: tuple[float, float, float] = setting(doc='of the optical centre', unit='m')
    quaternion_xyzw: tuple[float, float, float, float] = setting(doc='orientation')
    provenance: Provenance = setting(doc='where it comes from')
    covariance: tuple[float, ...] = setting(
        (),
        doc='of x y z [m] and a rotation about x y z of the parent [rad], 36 numbers row by row, '
        'as in geometry_msgs/PoseWithCovariance; empty if unknown',
    )
    statistical_95_mm: float | None = setting(
        None, doc='position, from the covariance, 95 %', unit='mm', lower=0.0
    )
    systematic_95_mm: float | None = setting(
        None, doc='position, from focal length and board size, 95 %', unit='mm', lower=0.0
    )
    error_95_mm: float | None = setting(None, doc='both together', unit='mm', lower=0.0)
    accepted: bool = setting(False, doc='every gate held')
    reasons: tuple[str, ...] = setting((), doc='gates that did not hold, and warnings')

    @property
    def position_std_m(self) -> Vector:
        """Standard deviation of the position, shape (3,) [m]; NaN if unknown."""
        return self._std()[:3]

    @property
    def rotation_std_rad(self) -> Vector:
        """Standard deviation of the orientation, shape (3,) [rad]; NaN if unknown."""
        return self._std()[3:]

    def _std(self) -> Vector:
        if not self.covariance:
            return np.full(6, np.nan)
        return np.asarray(np.sqrt(np.array(self.covariance).reshape(6, 6).diagonal()))


@dataclass(frozen=True)
class CameraCalibration:
    """A calibrated camera; load it with `load_calibration`."""

    schema: int = setting(doc='version of this format', lower=1, upper=1)
    robot: str = setting(doc='name of the robot contract')
    camera: str = setting(doc='name of the camera in it')
    lens: LensCalibration = setting(doc='intrinsics')
    extrinsics: Extrinsics | None = setting(None, doc='pose; absent before hand-eye')

    @property
    def accepted(self) -> bool:
        """Whether lens and pose passed every gate."""
        return self.lens.accepted and self.extrinsics is not None and self.extrinsics.accepted

    @property
    def id(self) -> str:
        """Short hash of the content, for recordings: the same id means the same numbers."""
        text = json.dumps(dataclasses.asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def require_extrinsics(self) -> Extrinsics:
        """Return the pose.

        Raises:
            VlaError: only the lens is calibrated.
        """
        if self.extrinsics is None:
            raise VlaError(
                f'calibration of {self.robot}/{self.camera}: found a lens without a pose; '
                'run calibrate_hand_eye first'
            )
        return self.extrinsics


def calibration_roots() -> list[Path]:
    """Return the folders that hold calibrations: the workspace's own first, then installed ones.

    The workspace comes first, so that a new calibration counts without a new build.
    """
    workspace = os.environ.get('VLA_WORKSPACE')
    roots = [Path(workspace)] if workspace else []
    folders = [root / FOLDER for root in (*roots, *shared_roots())]
    return [folder for folder in folders if folder.is_dir()]


def find_calibration(robot: str, camera: str) -> Path:
    """Return the calibration file of a camera.

    Raises:
        UnknownNameError: there is none; lists those that exist.
    """
    folders = calibration_roots()
    for folder in folders:
        if (folder / robot / camera / FILE_NAME).is_file():
            return folder / robot / camera / FILE_NAME
    known = {
        '/'.join(path.parts[-3:-1]) for root in folders for path in root.glob(f'*/*/{FILE_NAME}')
    }
    raise UnknownNameError('calibration', f'{robot}/{camera}', FOLDER, known)


def resolve_calibration(name: str) -> Path:
    """Return the file of 'robot/camera', or of a path that ends in .yaml.

    Raises:
        UnknownNameError: no calibration has that name.
        ResourceNotFoundError: the path does not exist.
    """
    if name.endswith('.yaml'):
        path = Path(name).expanduser()
        if not path.is_file():
            raise ResourceNotFoundError('calibration', path, 'check the path')
        return path
    robot, _, camera = name.partition('/')
    return find_calibration(robot, camera)


def load_calibration(path: Path) -> CameraCalibration:
    """Load and validate a calibration file.

    Raises:
        ContractError: a value is missing, unknown, out of range or contradicts another.
        ResourceNotFoundError: there is no such file.
    """
    return _checked(load_yaml(path), str(path))


def save_calibration(calibration: CameraCalibration, path: Path, force: bool = False) -> None:
    """Write a calibration through a temporary file, after the checks that loading makes.

    Args:
        calibration: what to write.
        path: the file; folders are made.
        force: replace a file that exists.

    Raises:
        ContractError: the calibration is not valid; nothing was written.
        VlaError: the file exists and `force` is not set.
    """
    values = _plain(dataclasses.asdict(calibration))
    _checked(values, str(path))
    if path.exists() and not force:
        raise VlaError(f'{path} exists; use --force to replace it, nothing was written')
    text = yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=99)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f'{path.name}.{os.getpid()}.part')
    try:
        temporary.write_text(text, encoding='utf-8')
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    """Turn tuples into lists and leave out what is None, as YAML wants it."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _checked(values: dict[str, Any], where: str) -> CameraCalibration:
    calibration = build(CameraCalibration, values, where)
    lens, pose = calibration.lens, calibration.extrinsics
    allowed = COEFFICIENTS[lens.model]
    if len(lens.distortion) not in allowed:
        raise SettingError(
            where,
            f'lens.distortion of model {lens.model}',
            f'{len(lens.distortion)} coefficients',
            ' or '.join(map(str, allowed)),
        )
    _check_covariance(lens.covariance, 4 + len(lens.distortion), where, 'lens.covariance')
    if pose is not None:
        norm = math.hypot(*pose.quaternion_xyzw)
        if abs(norm - 1.0) > _UNIT_TOLERANCE:
            name = 'extrinsics.quaternion_xyzw'
            raise SettingError(where, name, f'length {norm:.4g}', 'length 1')
        if pose.parent == pose.child:
            raise ContractError(f'{where}: extrinsics: {pose.child} cannot be its own parent')
        _check_covariance(pose.covariance, 6, where, 'extrinsics.covariance')
    return calibration


def _check_covariance(values: tuple[float, ...], size: int, where: str, name: str) -> None:
    if not values:
        return
    if len(values) != size * size:
        raise SettingError(where, name, f'{len(values)} numbers', f'0 or {size * size}')
    matrix = np.array(values).reshape(size, size)
    # A number that was not estimated has variance 0.
    scale = np.sqrt(np.abs(np.where(matrix.diagonal() == 0.0, 1.0, matrix.diagonal())))
    correlation = matrix / np.outer(scale, scale)
    if (
        np.abs(correlation - correlation.T).max() > 1e-6
        or np.linalg.eigvalsh((correlation + correlation.T) / 2).min() < -1e-6
    ):
        raise SettingError(where, name, 'another matrix', 'symmetric, no negative eigenvalue')
