"""Commands of a recording, and how much of the robot's limits they used."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import FilterStatus
from vla_contract.recordings.events import (
    CommandEvent,
    EStopEvent,
    SpeedScaleEvent,
)
from vla_contract.recordings.read_events import read_events

TOPICS = ('action_filter/action', 'action_filter/status', 'e_stop', 'speed_scale')


class Recorded(NamedTuple):
    """What one recording says, in its order.

    Attributes:
        times_ns: of every command, shape (N,).
        positions: commanded arm joints, shape (N, A) [rad].
        statuses: messages of the filter.
        presses: values of e_stop.
        speeds: values of speed_scale.
    """

    times_ns: np.ndarray
    positions: np.ndarray
    statuses: list[str]
    presses: list[bool]
    speeds: list[float]


def read(path: Path, cell: Cell) -> Recorded:
    """Read a recording of an episode."""
    found = {CommandEvent: [], FilterStatus: [], EStopEvent: [], SpeedScaleEvent: []}
    for each in read_events(path, cell, with_images=False, topics=TOPICS):
        found[type(each.payload)].append(each.payload)
    commands = found[CommandEvent]
    return Recorded(
        np.array([event.stamp_ns for event in commands]),
        np.array([event.command for event in commands])[:, list(cell.arm)],
        [event.message for event in found[FilterStatus]],
        [event.is_pressed for event in found[EStopEvent]],
        [event.speed for event in found[SpeedScaleEvent]],
    )


def velocities(recorded: Recorded, cell: Cell) -> np.ndarray:
    """Return the velocity of every command after the first, NaN after a pause or a lost one."""
    period_s = 1.0 / cell.rates.filter_hz
    found = np.diff(recorded.positions, axis=0) / period_s
    found[np.diff(recorded.times_ns) > 1.5e9 * period_s] = np.nan
    return found


def largest_shares(recordings: Iterable[Recorded], cell: Cell) -> tuple[float, float]:
    """Return the largest shares of the velocity and of the acceleration limits in use."""
    joints = [cell.joints[i] for i in cell.arm]
    velocity = np.array([joint.velocity for joint in joints])
    acceleration = np.array([joint.acceleration for joint in joints])
    shares = [(0.0, 0.0)]
    for recorded in recordings:
        found = velocities(recorded, cell)
        changes = np.diff(found, axis=0) * cell.rates.filter_hz
        shares.append(
            (
                float(np.nanmax(np.abs(found) / velocity)),
                float(np.nanmax(np.abs(changes) / acceleration)),
            )
        )
    return max(v for v, _ in shares), max(a for _, a in shares)
