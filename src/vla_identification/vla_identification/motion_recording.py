"""What was told to the robot, what it did, and what a camera saw of it: one recording."""

import csv
from dataclasses import dataclass, field
from pathlib import Path
import zipfile

import numpy as np
from vla_contract.errors import ResourceNotFoundError, VlaError
from vla_contract.values import Vector

_COMMAND, _MEASURED = 'command.', 'measured.'
_EMPTY = np.empty(0)


@dataclass(frozen=True, eq=False)
class MotionRecording:
    """Traces of one motion; all times are of the same clock.

    Attributes:
        names: of the joints, D of them.
        command_s: stamps of the commands, shape (N,) [s].
        command: shape (N, D) [rad or m].
        measured_s: stamps of the joint states, shape (M,) [s].
        measured: shape (M, D) [rad or m].
        plan: what was asked of the filter at the times of the commands, shape (N, D); empty
            where that is not known.
        image_s: stamps of the images, shape (K,) [s].
        images: small grey images, shape (K, h, w), uint8.
        image_delivery_s: how long after its stamp each image arrived, shape (K,) [s].
        measured_delivery_s: likewise of the joint states, shape (M,) [s].
        object_s: times at which the pose of an object is known, shape (K,) [s].
        object_pose: the pose in the base frame, shape (K, 7): position [m] and wxyz.
    """

    names: tuple[str, ...]
    command_s: Vector
    command: Vector
    measured_s: Vector
    measured: Vector
    plan: Vector = field(default_factory=lambda: _EMPTY)
    image_s: Vector = field(default_factory=lambda: _EMPTY)
    images: Vector = field(default_factory=lambda: _EMPTY)
    image_delivery_s: Vector = field(default_factory=lambda: _EMPTY)
    measured_delivery_s: Vector = field(default_factory=lambda: _EMPTY)
    object_s: Vector = field(default_factory=lambda: _EMPTY)
    object_pose: Vector = field(default_factory=lambda: np.empty((0, 7)))

    def __post_init__(self) -> None:
        for what, times, values in (
            ('command', self.command_s, self.command),
            ('measured', self.measured_s, self.measured),
        ):
            shape = (len(times), len(self.names))
            if np.shape(values) != shape or len(times) < 2:
                raise VlaError(
                    f'recording: {what} has shape {np.shape(values)}; allowed: {shape} with 2 or '
                    'more rows'
                )
            if not (np.isfinite(values).all() and np.isfinite(times).all()):
                raise VlaError(f'recording: {what} has values that are not finite')
            if not (np.diff(times) > 0).all():
                raise VlaError(f'recording: the times of {what} do not increase')


def save_recording(path: Path, recording: MotionRecording) -> None:
    """Write a recording as .npz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open('wb') as file:
        np.savez_compressed(file, **vars(recording))


def load_recording(path: Path) -> MotionRecording:
    """Read a recording: .npz as written here, or .csv.

    A CSV has a column time_s, and per joint a column command.NAME and a column measured.NAME.

    Raises:
        ResourceNotFoundError: there is no such file.
        VlaError: it is no recording; says what is missing.
    """
    if not path.is_file():
        raise ResourceNotFoundError('recording', path, 'an .npz or .csv file')
    if path.suffix == '.csv':
        return _from_csv(path)
    try:
        with np.load(path, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        names = tuple(str(name) for name in arrays.pop('names'))
        return MotionRecording(names=names, **arrays)
    except (ValueError, OSError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise VlaError(f'{path} is no recording of joint motion: {error}') from None


def _from_csv(path: Path) -> MotionRecording:
    try:
        with path.open(newline='', encoding='utf-8') as file:
            rows = list(csv.reader(file))
        header = rows[0] if rows else []
        table = np.array([[float(cell) for cell in row] for row in rows[1:]])
    except (ValueError, UnicodeDecodeError) as error:
        raise VlaError(f'{path} is no table of numbers: {error}') from None
    names = tuple(h.removeprefix(_COMMAND) for h in header if h.startswith(_COMMAND))
    needed = ['time_s', *(_COMMAND + n for n in names), *(_MEASURED + n for n in names)]
    missing = [column for column in needed if column not in header]
    if not names or missing or table.ndim != 2:
        text = ', '.join(missing) or 'command.JOINT'
        raise VlaError(f'{path}: lacks columns {text}; needed: time_s, command.J, measured.J')
    time, command, measured = (
        table[:, [header.index(column) for column in columns]]
        for columns in (needed[:1], needed[1 : 1 + len(names)], needed[1 + len(names) :])
    )
    return MotionRecording(names, time[:, 0], command, time[:, 0], measured)
