"""Reads poses as people and programs write them; units and frames stand in the keys."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from vla_calibration.geometry.pose import Pose
from vla_contract import so3
from vla_contract.errors import VlaError
from vla_contract.transforms import make_transform
from vla_contract.values import Vector

_POSITIONS = {'xyz_m': 1.0, 'xyz_mm': 0.001}
ROTATIONS = ('xyzw', 'wxyz', 'rpy_rad', 'rpy_deg', 'rotvec_rad', 'rotvec_deg')
_FLAT = ('x', 'y', 'z', 'qx', 'qy', 'qz', 'qw')


class PoseTextError(VlaError):
    """A pose in a file is malformed."""


def numbers(values: Any, count: int, where: str) -> Vector:
    """Return a list of finite numbers, shape (count,).

    Raises:
        PoseTextError: it is something else; says where it stands.
    """
    is_list = isinstance(values, list | tuple) and len(values) == count
    if not is_list or not all(_is_number(value) for value in values):
        raise PoseTextError(f'{where}: found {values!r}; allowed: {count} finite numbers')
    return np.array(values, dtype=np.float64)


def named_pose(content: Any, where: str) -> Pose:
    """Read {parent, child, xyz_m or xyz_mm, one rotation}.

    A rotation is one of xyzw, wxyz, rpy_rad, rpy_deg (fixed axes x, y, z, as in URDF),
    rotvec_rad, rotvec_deg.

    Raises:
        PoseTextError: a key is missing or unknown, or a value is malformed.
    """
    content = _mapping(content, where)
    position = [key for key in content if key in _POSITIONS]
    rotation = [key for key in content if key in ROTATIONS]
    unknown = set(content) - {'parent', 'child', *_POSITIONS, *ROTATIONS}
    for what, found, allowed in (
        ('position', position, tuple(_POSITIONS)), ('rotation', rotation, ROTATIONS),
    ):  # fmt: skip
        if len(found) != 1:
            raise PoseTextError(
                f'{where}: found {", ".join(found) or "no " + what}; '
                f'allowed: one of {", ".join(allowed)}'
            )
    if unknown:
        raise PoseTextError(f"{where}: '{min(unknown, key=str)}' is unknown")
    for key in ('parent', 'child'):
        if not isinstance(content.get(key), str) or not content[key]:
            raise PoseTextError(
                f"{where}: '{key}' must name the frame; found {content.get(key)!r}"
            )
    xyz = numbers(content[position[0]], 3, f'{where}, {position[0]}') * _POSITIONS[position[0]]
    return _build(
        content['parent'], content['child'], xyz, rotation[0], content[rotation[0]], where
    )


def flat_pose(content: Any, where: str, parent: str = '', child: str = '') -> Pose:
    """Read {x, y, z, qx, qy, qz, qw} as robot_cal_tools writes it, [m].

    Args:
        content: the mapping; where it names `parent` and `child` itself, those count.
        where: file named in error messages.
        parent: frame of a pose that names none; '' refuses such a pose.
        child: likewise.

    Raises:
        PoseTextError: a key is missing, or a value is malformed.
    """
    content = {'parent': parent, 'child': child} | _mapping(content, where)
    missing = [key for key in ('parent', 'child', *_FLAT) if content.get(key, '') == '']
    if missing:
        raise PoseTextError(f'{where}: missing {", ".join(missing)}; needed: {", ".join(_FLAT)}')
    values = numbers([content[key] for key in _FLAT], 7, where)
    frames = str(content['parent']), str(content['child'])
    return _build(*frames, values[:3], 'xyzw', values[3:].tolist(), where)


def flat_values(pose: Pose) -> dict[str, Any]:
    """Return what `flat_pose` reads, with the frames."""
    values = [*pose.position.tolist(), *pose.quaternion.tolist()]
    return {'parent': pose.parent, 'child': pose.child, **dict(zip(_FLAT, values, strict=True))}


def matrix_pose(values: Any, where: str, parent: str, child: str) -> Pose:
    """Read 16 numbers, row by row.

    Raises:
        PoseTextError: there are not 16, or they are no rigid motion.
    """
    T = numbers(values, 16, where).reshape(4, 4)
    try:
        return Pose(parent, child, T)
    except VlaError as error:
        raise PoseTextError(f'{where}: {error}') from None


def ros_transform(content: Any, where: str, parent: str, child: str) -> Pose:
    """Read {translation: {x, y, z}, rotation: {x, y, z, w}} of geometry_msgs/Transform.

    Raises:
        PoseTextError: a key is missing, or a value is malformed.
    """
    content = _mapping(content, where)
    t, q = (_mapping(content.get(key), f'{where}, {key}') for key in ('translation', 'rotation'))
    xyz = numbers([t.get(key) for key in 'xyz'], 3, f'{where}, translation')
    return _build(parent, child, xyz, 'xyzw', [q.get(key) for key in 'xyzw'], where)


def stamped_poses(path: Path, parent: str, child: str) -> tuple[Vector, list[Pose]]:
    """Read lines of t, x, y, z, qx, qy, qz, qw, as ethz-asl/hand_eye_calibration writes them.

    Returns:
        Time stamps, shape (n,) [s], and the poses.

    Raises:
        PoseTextError: the file cannot be read, or a line is malformed.
    """
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PoseTextError(f'{path} cannot be read: {error}') from None
    stamps, poses = [], []
    for count, line in enumerate(lines, start=1):
        is_header = count == 1 and any(character.isalpha() for character in line.replace('e', ''))
        if not line.strip() or line.startswith('#') or is_header:
            continue
        where = f'{path}, line {count}'
        cells = line.replace(',', ' ').split()
        try:
            values = numbers([float(cell) for cell in cells], 8, where)
        except ValueError:
            raise PoseTextError(f'{where}: found {line!r}; allowed: 8 numbers') from None
        stamps.append(values[0])
        poses.append(_build(parent, child, values[1:4], 'xyzw', values[4:].tolist(), where))
    return np.array(stamps), poses


def _build(parent: str, child: str, xyz: Vector, kind: str, values: Any, where: str) -> Pose:
    count = 4 if kind in ('xyzw', 'wxyz') else 3
    rotation = numbers(values, count, f'{where}, {kind}')
    try:
        if count == 4:
            q = rotation if kind == 'xyzw' else rotation[[1, 2, 3, 0]]
            return Pose.from_xyzw(parent, child, xyz, q)
        return Pose(parent, child, make_transform(xyz, _matrix(rotation, kind, where)))
    except PoseTextError:
        raise
    except VlaError as error:
        raise PoseTextError(f'{where}: {error}') from None


def _matrix(values: Vector, kind: str, where: str) -> Vector:
    """Return the rotation of three angles or of a rotation vector."""
    form, unit = kind.split('_')
    if unit == 'rad' and np.abs(values).max() > 2.0 * math.pi:
        raise PoseTextError(
            f'{where}: {kind} is {values.tolist()}; allowed: up to 2 pi; degrees are written as '
            f'{form}_deg'
        )
    angles = np.radians(values) if unit == 'deg' else values
    turn = (
        so3.Rotation.from_euler('xyz', angles)
        if form == 'rpy'
        else so3.Rotation.from_rotvec(angles)
    )
    return np.asarray(turn.as_matrix())


def _mapping(content: Any, where: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise PoseTextError(f'{where}: found {content!r}; allowed: a mapping of names to values')
    return content


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)
