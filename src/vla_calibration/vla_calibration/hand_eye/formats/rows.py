"""Reads lists of poses: text with numbers in rows, JSON, or a folder with one pose in each file.

| numbers in a row | are |
|---|---|
| 4, four rows together | a 4x4 matrix |
| 12 or 16 | the same, row by row |
| 7 | x y z qx qy qz qw; with `--rotation wxyz` in that order |
| 6 | x y z and three angles, whose order and unit `--rotation` must say |

JSON holds a list of such rows or matrices, or of {x, y, z, qx, qy, qz, qw}, or names them.
"""

from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Any

import numpy as np
from vla_calibration.geometry.pose import Pose
from vla_calibration.geometry.pose_text import (
    flat_pose,
    matrix_pose,
    named_pose,
    PoseTextError,
    ROTATIONS,
)
from vla_contract.errors import ResourceNotFoundError
from vla_contract.schema import setting

UNITS = ('m', 'mm')
_SUFFIXES = ('.txt', '.csv', '.json', '.dat', '.pose')


@dataclass(frozen=True)
class RowFormat:
    """What rows of numbers do not say themselves."""

    unit: str = setting('m', doc='of the lengths', choices=UNITS)
    rotation: str = setting('', doc='how the rotation is written', choices=('', *ROTATIONS))


def read_poses(path: Path, parent: str, child: str, form: RowFormat) -> list[Pose]:
    """Read poses of `child` in `parent`, in the order of the file.

    Raises:
        ResourceNotFoundError: there is no such file or folder.
        PoseTextError: it holds something else; says what, and where.
    """
    if path.is_dir():
        files = [p for p in in_order(list(path.iterdir())) if p.suffix.lower() in _SUFFIXES]
        if not files:
            raise PoseTextError(f'{path}: found no poses; allowed: files {" ".join(_SUFFIXES)}')
        return [_only(read_poses(file, parent, child, form), file) for file in files]
    try:
        text = path.read_text(encoding='utf-8')
    except FileNotFoundError:
        raise ResourceNotFoundError('poses', path, 'check the name') from None
    except UnicodeDecodeError:
        raise PoseTextError(f'{path}: found no text') from None
    rows = _json_rows(text, path) if path.suffix.lower() == '.json' else _text_rows(text, path)
    if not rows:
        raise PoseTextError(f'{path}: found no poses')
    return [_pose(row, f'{path}, {where}', parent, child, form) for where, row in rows]


def in_order(paths: list[Path]) -> list[Path]:
    """Return paths as people number them: img2 before img10."""
    return sorted(paths, key=lambda path: natural(path.name))


def natural(name: str) -> list[tuple[str, int]]:
    """Return a key that sorts names by the numbers in them."""
    return [(word, int(digits or -1)) for word, digits in re.findall(r'(\D*)(\d*)', name)]


def _only(poses: list[Pose], file: Path) -> Pose:
    if len(poses) != 1:
        raise PoseTextError(f'{file}: found {len(poses)} poses; needed: one, as in each file')
    return poses[0]


def _text_rows(text: str, path: Path) -> list[tuple[str, Any]]:
    """Return the rows with where they stand; four rows of four numbers are one matrix."""
    rows: list[tuple[str, Any]] = []
    for count, line in enumerate(text.splitlines(), start=1):
        words = line.split('#')[0].replace(',', ' ').replace(';', ' ').split()
        words = [word.strip('[]()') for word in words if word.strip('[]()')]
        try:
            numbers = [float(word) for word in words]
        except ValueError:
            # A heading.
            if not rows:
                continue
            raise PoseTextError(
                f'{path}, line {count}: found {line!r}; allowed: numbers'
            ) from None
        if numbers:
            rows.append((f'line {count}', numbers))
    if rows and all(len(row) == 4 for _, row in rows):
        if len(rows) % 4:
            raise PoseTextError(f'{path}: found {len(rows)} rows of 4 numbers; needed: 4 a matrix')
        return [
            (rows[k][0], [value for _, row in rows[k : k + 4] for value in row])
            for k in range(0, len(rows), 4)
        ]
    return rows


def _json_rows(text: str, path: Path) -> list[tuple[str, Any]]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise PoseTextError(f'{path} is not valid JSON: {error}') from None
    if isinstance(content, dict) and not {'x', 'qx'} <= content.keys():
        content = {name: content[name] for name in sorted(content, key=natural)}
        return list(content.items())
    if isinstance(content, dict) or (content and not isinstance(content[0], list | dict)):
        content = [content]
    if isinstance(content, list) and tuple(np.shape(content)) == (4, 4):
        content = [content]
    return [(f'entry {count}', row) for count, row in enumerate(content)]


def _pose(row: Any, where: str, parent: str, child: str, form: RowFormat) -> Pose:
    if isinstance(row, dict):
        return flat_pose(row, where, parent, child)
    try:
        numbers = np.array(row, dtype=np.float64).ravel().tolist()
    except (TypeError, ValueError):
        raise PoseTextError(f'{where}: found {str(row)[:60]}; allowed: numbers') from None
    if len(numbers) in (12, 16):
        numbers = [*numbers, 0.0, 0.0, 0.0, 1.0][:16]
        if form.unit == 'mm':
            numbers = [n / 1000.0 if k in (3, 7, 11) else n for k, n in enumerate(numbers)]
        return matrix_pose(numbers, where, parent, child)
    rotation = form.rotation or ('xyzw' if len(numbers) == 7 else '')
    if len(numbers) == 6 and not rotation:
        raise PoseTextError(
            f'{where}: found 6 numbers; needed: --rotation, one of '
            f'{", ".join(name for name in ROTATIONS if "_" in name)}, says what the last three are'
        )
    if len(numbers) not in (6, 7):
        raise PoseTextError(
            f'{where}: found {len(numbers)} numbers; allowed: 6, 7, 12, 16, or four rows of 4'
        )
    place = {'parent': parent, 'child': child, f'xyz_{form.unit}': numbers[:3]}
    return named_pose(place | {rotation: numbers[3:]}, where)
