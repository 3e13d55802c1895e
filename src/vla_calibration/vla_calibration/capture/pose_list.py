"""Lists of joint poses: what the arm may go to while samples are taken."""

from pathlib import Path
from typing import Any

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.errors import NameMismatchError, SettingError, VlaError
from vla_contract.schema import load_yaml
from vla_contract.values import Vector


def load_poses(path: Path, cell: Cell) -> list[Vector]:
    """Read joint positions, each of shape (D,) in the cell's order [rad or m].

    The file names the joints once and lists positions in that order; the arm's are enough,
    grippers then stay at home:

        joints: [panda_joint1, ...]
        poses:
          - [0.0, 0.15, ...]

    Raises:
        ResourceNotFoundError: there is no such file.
        NameMismatchError: a joint of the arm is missing, or one is unknown.
        SettingError: a position is no number or beyond the joint's limits.
    """
    content = load_yaml(path)
    unknown = sorted(set(content) - {'joints', 'poses'})
    if unknown or not {'joints', 'poses'} <= set(content):
        raise VlaError(f'{path}: found {", ".join(content) or "nothing"}; allowed: joints, poses')
    names, poses = content['joints'], content['poses']
    if not isinstance(names, list) or not isinstance(poses, list) or not poses:
        raise VlaError(f'{path}: joints and poses must be lists that are not empty')
    needed = [cell.joints[i].name for i in cell.arm]
    known = cell.joint_names
    if len(set(names)) != len(names) or not set(needed) <= set(names) <= set(known):
        raise NameMismatchError(f'{path}: joints', needed, names)
    return [_position(row, names, cell, f'poses[{k}]', path) for k, row in enumerate(poses)]


def _position(row: Any, names: list[str], cell: Cell, where: str, path: Path) -> Vector:
    if not isinstance(row, list) or len(row) != len(names):
        raise SettingError(str(path), where, repr(row), f'a list of {len(names)} numbers')
    position = cell.home
    for name, value in zip(names, row, strict=True):
        index = cell.joint_names.index(name)
        joint = cell.joints[index]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not np.isfinite(value) or not joint.lower <= value <= joint.upper:
            limits = f'{joint.lower:g} to {joint.upper:g} rad or m'
            raise SettingError(str(path), f'{where}.{name}', repr(value), limits)
        position[index] = value
    return position
