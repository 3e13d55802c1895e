"""The calibration file of one camera: `calibration_data/<cell>/<camera>/calibration.yaml`.

vla_calibration writes it; the simulator, the launch files and the recordings read it.
"""

import dataclasses
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
from vla_contract.cameras.calibration import CameraCalibration, COEFFICIENTS
from vla_contract.errors import (
    ContractError,
    ResourceNotFoundError,
    SettingError,
    UnknownNameError,
)
from vla_contract.schema import build, load_yaml
from vla_contract.share import shared_roots
from vla_contract.whole_file import require_free, write_whole
import yaml

FILE_NAME = 'calibration.yaml'
FOLDER = 'calibration_data'
# Left out of files where they are empty.
_SHORT = ('board_bow_mm', 'board_bow_std_mm')
# A quaternion typed with four digits is off by less.
_UNIT_TOLERANCE = 1e-3


def calibration_roots() -> list[Path]:
    """Return the folders that hold calibrations: the workspace's own first, then installed ones.

    The workspace comes first, so that a new calibration counts without a new build.
    """
    workspace = os.environ.get('VLA_WORKSPACE')
    roots = [Path(workspace)] if workspace else []
    folders = [root / FOLDER for root in (*roots, *shared_roots())]
    return [folder for folder in folders if folder.is_dir()]


def find_calibration(cell: str, camera: str) -> Path:
    """Return the calibration file of a camera.

    Raises:
        UnknownNameError: there is none; lists those that exist.
    """
    folders = calibration_roots()
    for folder in folders:
        if (folder / cell / camera / FILE_NAME).is_file():
            return folder / cell / camera / FILE_NAME
    known = {
        '/'.join(path.parts[-3:-1]) for root in folders for path in root.glob(f'*/*/{FILE_NAME}')
    }
    raise UnknownNameError('calibration', f'{cell}/{camera}', FOLDER, known)


def resolve_calibration(name: str) -> Path:
    """Return the file of 'cell/camera', or of a path that ends in .yaml.

    Raises:
        UnknownNameError: no calibration has that name.
        ResourceNotFoundError: the path does not exist.
    """
    if name.endswith('.yaml'):
        path = Path(name).expanduser()
        if not path.is_file():
            raise ResourceNotFoundError('calibration', path, 'check the path')
        return path
    cell, _, camera = name.partition('/')
    return find_calibration(cell, camera)


def load_calibration(path: Path) -> CameraCalibration:
    """Load and validate a calibration file.

    Raises:
        ContractError: a value is missing, unknown, out of range or contradicts another.
        ResourceNotFoundError: there is no such file.
    """
    return _checked(load_yaml(path), str(path))


def save_calibration(calibration: CameraCalibration, path: Path, force: bool = False) -> None:
    """Write a calibration whole, after the checks that loading makes.

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
    require_free(path, force)
    write_whole(path, yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=99))


def _plain(value: Any) -> Any:
    """Turn tuples into lists and leave out what is None, as YAML wants it."""
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if v is not None and (v or k not in _SHORT)}
        return {key: _plain(item) for key, item in kept.items()}
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
    for name, numbers in (
        ('board_bow_mm', lens.board_bow_mm), ('board_bow_std_mm', lens.board_bow_std_mm)
    ):  # fmt: skip
        if len(numbers) not in (0, 2):
            raise SettingError(where, f'lens.{name}', f'{len(numbers)} numbers', '0 or 2')
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
