"""A motion of all joints in a file: what a planner wrote, to be played and checked by others."""

from dataclasses import dataclass
from pathlib import Path
import zipfile

import numpy as np
from vla_contract.errors import NameMismatchError, ResourceNotFoundError, VlaError
from vla_contract.values import Vector


@dataclass(frozen=True, eq=False)
class JointTrack:
    """Positions over time, linear between samples.

    Attributes:
        names: of the joints, D of them.
        time_s: from 0 on, increasing, shape (N,) [s].
        position: shape (N, D) [rad or m].
    """

    names: tuple[str, ...]
    time_s: Vector
    position: Vector

    def __post_init__(self) -> None:
        shape = (len(self.time_s), len(self.names))
        if np.shape(self.position) != shape or len(self.time_s) < 2:
            raise VlaError(
                f'motion: positions have shape {np.shape(self.position)}; allowed: {shape} with 2 '
                'or more rows'
            )
        if not np.isfinite(self.position).all() or not (np.diff(self.time_s) > 0.0).all():
            raise VlaError('motion: a position is not finite, or times do not increase')

    @property
    def duration_s(self) -> float:
        """Time from beginning to end [s]."""
        return float(self.time_s[-1])

    def at(self, time_s: float) -> Vector:
        """Return positions, shape (D,) [rad or m], at any time; held before and after."""
        return np.array([np.interp(time_s, self.time_s, column) for column in self.position.T])


def save_track(path: Path, track: JointTrack) -> None:
    """Write a motion as .npz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open('wb') as file:
        np.savez_compressed(file, **vars(track))


def load_track(path: Path, names: tuple[str, ...]) -> JointTrack:
    """Read a motion of these joints.

    Raises:
        ResourceNotFoundError: there is no such file.
        NameMismatchError: it moves other joints, or names them in another order.
        VlaError: it is no motion.
    """
    if not path.is_file():
        raise ResourceNotFoundError('motion', path, 'make one with vla arm excitation')
    try:
        with np.load(path, allow_pickle=False) as content:
            found = tuple(str(name) for name in content['names'])
            track = JointTrack(found, content['time_s'], content['position'])
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise VlaError(f'{path} is not a joint trajectory file: {error}') from None
    if found != names:
        raise NameMismatchError(f'{path}: joints', names, found)
    return track
