"""Joints as curves: measured, desired, sent, chunks and limits, each joint by itself."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.robot import Joint
from vla_contract.values import JointSample, Stamps, Vector
from vla_rollout.view.rerun.library import load_rerun, path_part
from vla_rollout.view.rerun.timelines import Timelines
from vla_rollout.view.watched import Watched

JOINTS, VELOCITIES, EFFORTS = 'joints', 'velocities', 'efforts'
"""Where curves are, each in a folder of its joint."""

# Seen on Rerun's dark ground and on its bright one.
MEASURED, DESIRED, SENT = (0x1B, 0x9E, 0x77), (0xD9, 0x8A, 0x2E), (0x3B, 0x82, 0xD6)
_COLOURS = {
    'measured': MEASURED, 'desired': DESIRED, 'sent': SENT,
    'chunk': (0x9A, 0xA0, 0xA6), 'wish': (0x9B, 0x59, 0xB6),
}  # fmt: skip
_LIMIT = (0xC2, 0x27, 0x27)


class JointCurves:
    """Logs curves of a cell's joints."""

    def __init__(self, recording: Any, cell: Cell, timelines: Timelines) -> None:
        """Prepare to log into a recording."""
        self._rr, self._recording = load_rerun(), recording
        self._cell, self._timelines = cell, timelines

    def send(self, watched: Watched) -> None:
        """Log everything that an episode says of the joints."""
        samples = watched.samples
        for index, joint in enumerate(self._cell.joints):
            stamps_ns, rows = _of_joint(samples, index)
            positions = np.array([sample.position[index] for sample in rows])
            path, unit = f'{JOINTS}/{path_part(joint.name)}', _unit(joint)
            self._curve(f'{path}/measured', stamps_ns, positions, unit)
            self._moments(joint, index, stamps_ns, rows)
            ends = stamps_ns[[0, -1]]
            for name in ('lower', 'upper'):
                limit = np.full(2, getattr(joint, name))
                self._curve(f'{path}/{name}', ends, limit, unit)
        sent = [(each.stamp_ns, each.command) for each in watched.commands]
        asked = [(e.stamp_ns, e.position) for e in watched.desired if e.position is not None]
        points = [
            (chunk.stamp_ns + k * chunk.period_ns, position)
            for chunk in watched.chunks
            for k, position in enumerate(chunk.positions)
        ]
        wishes: list[tuple[int, Vector]] = []
        for wish in watched.wishes:
            row = np.full(len(self._cell.joints), np.nan)
            row[wish.named] = wish.chunk.positions[-1]
            wishes.append((wish.chunk.end_ns, row))
        for name, rows_of in (('sent', sent), ('desired', asked), ('wish', wishes)):
            self._of_all(name, rows_of)
        self._of_all('chunk', points, are_points=True)

    def _moments(
        self, joint: Joint, index: int, stamps_ns: Stamps, rows: Sequence[JointSample]
    ) -> None:
        """Log velocity and effort of a joint, where they were measured, with their limits."""
        velocity = np.array([sample.velocity[index] for sample in rows])
        effort = np.array([np.nan if s.effort is None else s.effort[index] for s in rows])
        turns = joint.type == 'revolute'
        for where, values, limit, unit in (
            (VELOCITIES, velocity, joint.velocity, 'rad/s' if turns else 'm/s'),
            (EFFORTS, effort, joint.effort, 'Nm' if turns else 'N'),
        ):
            if not np.isfinite(values).any():
                continue
            self._curve(f'{where}/{path_part(joint.name)}/measured', stamps_ns, values, unit)
            for name, end in (('lower', -limit), ('upper', limit)):
                path = f'{where}/{path_part(joint.name)}/{name}'
                self._curve(path, stamps_ns[[0, -1]], np.full(2, end), unit)

    def _of_all(
        self, name: str, rows: Sequence[tuple[int, Vector]], are_points: bool = False
    ) -> None:
        """Log a curve, or points, of every joint."""
        if not rows:
            return
        stamps_ns = np.array([stamp_ns for stamp_ns, _ in rows])
        table = np.array([row for _, row in rows])
        for index, joint in enumerate(self._cell.joints):
            path = f'{JOINTS}/{path_part(joint.name)}/{name}'
            self._curve(path, stamps_ns, table[:, index], _unit(joint), are_points)

    def _curve(
        self, path: str, stamps_ns: Stamps, values: Vector, unit: str, are_points: bool = False
    ) -> None:
        known = np.isfinite(values)
        if not known.any():
            return
        name = path.rpartition('/')[2]
        colour = _COLOURS.get(name, _LIMIT)
        label = [f'{name} [{unit}]']
        if are_points:
            style = self._rr.SeriesPoints(colors=[colour], names=label, marker_sizes=[1.5])
        else:
            style = self._rr.SeriesLines(colors=[colour], names=label, widths=[1.5])
        self._recording.log(path, style, static=True)
        columns = self._rr.Scalars.columns(scalars=values[known])
        self._recording.send_columns(path, self._timelines.columns(stamps_ns[known]), columns)


def _of_joint(samples: Iterable[JointSample], index: int) -> tuple[Stamps, list[JointSample]]:
    """Return the times at which a joint was measured, and the first sample of each."""
    first: dict[int, JointSample] = {}
    for sample in samples:
        first.setdefault(int(sample.stamps_ns[index]), sample)
    return np.array(list(first), dtype=np.int64), list(first.values())


def _unit(joint: Joint) -> str:
    return 'rad' if joint.type == 'revolute' else 'm'
