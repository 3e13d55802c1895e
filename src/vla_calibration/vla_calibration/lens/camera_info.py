"""The camera_info YAML that ROS's camera_info_manager reads, with where it came from.

Full precision, where camera_calibration rounds to five decimals. ROS's parser reads the keys it
knows and ignores others, so the evidence stands in the same file, under `provenance`.
"""

from dataclasses import dataclass, field
from pathlib import Path
import re
from typing import Any

import cv2
import numpy as np
from vla_calibration.lens.lens import Lens
from vla_contract.errors import VlaError
from vla_contract.schema import load_yaml
from vla_contract.values import Vector
from vla_contract.whole_file import require_free, write_whole
import yaml

_NAME = re.compile(r'[A-Za-z0-9_]+')
_SHAPES = {'camera_matrix': (3, 3), 'rectification_matrix': (3, 3), 'projection_matrix': (3, 4)}


class CameraInfoError(VlaError):
    """A camera_info file or the name of a camera is invalid."""


@dataclass(frozen=True, eq=False)
class CameraInfo:
    """A named lens with its provenance.

    Attributes:
        name: of the camera, letters, digits and underscores.
        lens: intrinsics.
        provenance: plain values: errors, board, hashes of the images, versions.
    """

    name: str
    lens: Lens
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_camera_name(self.name)


def require_camera_name(name: str) -> None:
    """Refuse a name that camera_info_manager would not take.

    Raises:
        CameraInfoError: says which characters are allowed.
    """
    if not _NAME.fullmatch(name):
        raise CameraInfoError(
            f"camera name: found '{name}'; allowed: letters, digits and underscores"
        )


def rectified(lens: Lens) -> Vector:
    """Return the projection of rectified images, P, shape (3, 4).

    As camera_calibration makes it: of a pinhole all pixels are valid (alpha 0). Of a fisheye, or
    where the model folds back inside the image and no pixel is valid, the camera matrix is kept.
    """
    K = lens.K
    if lens.model != 'equidistant':
        found, _ = cv2.getOptimalNewCameraMatrix(lens.K, lens.distortion, lens.size, 0.0)
        K = found if np.isfinite(found).all() else K
    return np.concatenate([K, np.zeros((3, 1))], axis=1)


def write_camera_info(path: Path, info: CameraInfo, force: bool = False) -> None:
    """Write a file for camera_info_manager; all of it or nothing.

    Raises:
        VlaError: the file exists and `force` is not set.
    """
    require_free(path, force)
    write_whole(path, camera_info_text(info))


def camera_info_text(info: CameraInfo) -> str:
    """Return the YAML that camera_info_manager reads."""
    lens = info.lens
    content = {
        'image_width': lens.width,
        'image_height': lens.height,
        'camera_name': info.name,
        'camera_matrix': _matrix(lens.K),
        'distortion_model': lens.model,
        'distortion_coefficients': _matrix(lens.distortion[None]),
        'rectification_matrix': _matrix(np.eye(3)),
        'projection_matrix': _matrix(rectified(lens)),
    }
    if info.provenance:
        content['provenance'] = info.provenance
    # Lists of numbers in one line, mappings as blocks: as ROS's own files look.
    return str(yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=99))


def read_camera_info(path: Path) -> CameraInfo:
    """Read a camera_info file, ours or of camera_calibration.

    Raises:
        VlaError: there is no such file, or it is not valid YAML.
        CameraInfoError: a key is missing or wrong.
    """
    content = load_yaml(path)
    matrices = {key: _read_matrix(path, content, key, shape) for key, shape in _SHAPES.items()}
    distortion = _read_matrix(path, content, 'distortion_coefficients', None)
    try:
        lens = Lens(
            _read_whole(path, content, 'image_width'), _read_whole(path, content, 'image_height'),
            matrices['camera_matrix'], distortion.ravel(),
            str(content.get('distortion_model', 'plumb_bob')),
        )  # fmt: skip
        provenance = content.get('provenance') or {}
        return CameraInfo(str(content.get('camera_name', 'camera')), lens, provenance)
    except VlaError as error:
        raise CameraInfoError(f'{path}: {error}') from None


def _matrix(values: Vector) -> dict[str, Any]:
    rows, cols = values.shape
    return {'rows': rows, 'cols': cols, 'data': [float(value) for value in values.ravel()]}


def _read_matrix(
    path: Path, content: dict[str, Any], key: str, shape: tuple[int, int] | None
) -> Vector:
    allowed = 'rows, cols and data' + (f' of {shape[0]} x {shape[1]} numbers' if shape else '')
    found = content.get(key)
    if not isinstance(found, dict) or not {'rows', 'cols', 'data'} <= found.keys():
        what = 'nothing' if found is None else f'{found!r}'[:60]
        raise CameraInfoError(f'{path}: {key}: found {what}; allowed: {allowed}')
    rows, cols = found['rows'], found['cols']
    try:
        data = np.array(found['data'], dtype=np.float64)
    except (TypeError, ValueError):
        data = np.full(1, np.nan)
    fits = np.isfinite(data).all() and data.shape == (rows * cols,)
    if not fits or (shape is not None and (rows, cols) != shape):
        raise CameraInfoError(
            f'{path}: {key}: found {rows} x {cols} and {data.size} numbers; allowed: {allowed}'
        )
    matrix: Vector = data.reshape(rows, cols)
    return matrix


def _read_whole(path: Path, content: dict[str, Any], key: str) -> int:
    value = content.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise CameraInfoError(f'{path}: {key}: found {value!r}; allowed: a whole number above 0')
    return value
