"""Wish, command and measurement of every arm joint over an episode, with its alarms."""

from collections.abc import Sequence
import io

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import ActionChunk, NS_PER_S, Vector
from vla_rollout.diagnosis.alarm import Alarm
from vla_rollout.episodes.cycle import Cycle

_WISH, _COMMAND, _MEASURED, _ALARM = '#d08a2e', '#2b6cb0', '#283240', '#c22727'
# A pixel of the figure is two of these.
_MOST_POINTS = 1200


class EpisodeTrace:
    """Observes an episode and keeps what the figure shows."""

    def __init__(self) -> None:
        """Start empty."""
        self.restart()

    def restart(self) -> None:
        """Begin an episode."""
        self.cycles: list[Cycle] = []

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Look at cycles alone."""

    def see_cycle(self, cycle: Cycle) -> None:
        """Keep a cycle."""
        self.cycles.append(cycle)


def draw_episode(cell: Cell, cycles: Sequence[Cycle], alarms: Sequence[Alarm]) -> bytes:
    """Return a PNG with one row per joint and one for effort where it is measured."""
    from matplotlib.figure import Figure

    cycles = cycles[:: max(1, len(cycles) // _MOST_POINTS)]
    time_s = np.array([cycle.now_ns - cycles[0].now_ns for cycle in cycles]) / NS_PER_S
    dim = len(cell.joints)
    desired = _stack([c.desired.position if c.desired else None for c in cycles], dim)
    command = _stack([cycle.command for cycle in cycles], dim)
    measured = _stack([cycle.joints.position for cycle in cycles], dim)
    effort = _stack([cycle.joints.effort for cycle in cycles], dim)
    has_effort = bool(np.isfinite(effort).any())
    rows = dim + has_effort
    figure = Figure(figsize=(8.0, 0.9 * rows + 0.6))
    axes = figure.subplots(rows, 1, sharex=True)
    # Margins by hand: matplotlib's own search for them takes longer than all the drawing.
    height = figure.get_figheight()
    figure.subplots_adjust(
        left=0.16, right=0.99, bottom=0.42 / height, top=1 - 0.25 / height, hspace=0.12
    )
    for joint, axis in zip(range(dim), axes, strict=False):
        axis.plot(time_s, desired[:, joint], color=_WISH, lw=1.0, label='policy')
        axis.plot(time_s, command[:, joint], color=_COMMAND, lw=1.0, label='filtered')
        axis.plot(time_s, measured[:, joint], color=_MEASURED, lw=0.8, ls='--', label='measured')
        axis.set_ylabel(cell.joints[joint].name[-12:], fontsize=7, rotation=0, ha='right')
    if has_effort:
        limit = np.array([joint.effort for joint in cell.joints])
        axes[-1].plot(time_s, np.abs(effort / limit).max(axis=1), color=_MEASURED, lw=0.8)
        axes[-1].set_ylabel('effort', fontsize=7, rotation=0, ha='right')
    for axis in axes:
        axis.tick_params(labelsize=6)
        axis.grid(alpha=0.3)
        for alarm in alarms:
            axis.axvspan(alarm.at_s, time_s[-1], color=_ALARM, alpha=0.07, lw=0)
            axis.axvline(alarm.at_s, color=_ALARM, lw=0.8)
    axes[0].legend(fontsize=6, ncols=3, loc='lower left', bbox_to_anchor=(0, 1), frameon=False)
    axes[-1].set_xlabel('time [s]', fontsize=7)
    stream = io.BytesIO()
    figure.savefig(stream, format='png', dpi=90)
    return stream.getvalue()


def _stack(values: Sequence[Vector | None], dim: int) -> Vector:
    """Return rows of all cycles, NaN where there is none, shape (T, D)."""
    missing = np.full(dim, np.nan)
    return np.array([missing if value is None else value for value in values])
