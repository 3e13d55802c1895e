"""The calibration of one camera: lens, pose, how wrong they may be, and where they are from.

`camera_calibration_file` reads and writes it.
"""

import dataclasses
from dataclasses import dataclass
import hashlib
import json

import numpy as np
from vla_contract.errors import VlaError
from vla_contract.schema import setting
from vla_contract.values import Vector

# Names of sensor_msgs/CameraInfo with the numbers of coefficients they allow, in OpenCV's order
# k1 k2 p1 p2 k3 k4 k5 k6; equidistant is OpenCV's fisheye, k1 k2 k3 k4.
COEFFICIENTS = {'plumb_bob': (4, 5), 'rational_polynomial': (8,), 'equidistant': (4,)}


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
    board_bow_mm: tuple[float, ...] = setting(
        (),
        doc='how far the middle of the board stood out along its rows and its columns, fitted '
        'with the lens, away from the eye; empty where the board was taken as flat',
        unit='mm',
    )
    board_bow_std_mm: tuple[float, ...] = setting((), doc='standard deviations of it', unit='mm')

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
    cell: str = setting(doc='name of the cell')
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
                f'calibration of {self.cell}/{self.camera}: found a lens without a pose; '
                'run vla camera hand-eye first'
            )
        return self.extrinsics
