"""Commands of a recording, and how much of the robot's limits they used."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64
from vla_contract.deployment.cell import Cell
from vla_contract.ros.messages.recorded import read_messages
from vla_contract.ros.messages.stamps import from_stamp

TYPES = {
    'action_filter/action': JointState,
    'action_filter/status': DiagnosticStatus,
    'e_stop': Bool,
    'speed_scale': Float64,
}


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
    found = {topic: [] for topic in TYPES}
    for item in read_messages(path, TYPES):
        found[item.topic].append(item.message)
    actions = found['action_filter/action']
    return Recorded(
        np.array([from_stamp(msg.header.stamp) for msg in actions]),
        np.array([msg.position for msg in actions])[:, list(cell.arm)],
        [msg.message for msg in found['action_filter/status']],
        [msg.data for msg in found['e_stop']],
        [msg.data for msg in found['speed_scale']],
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
