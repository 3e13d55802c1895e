"""What the filter did over an episode, above wish, command and measurement of every joint."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.robot import Joint
from vla_contract.filter_status import Verdict
from vla_contract.page.svg import BAD, FIRST, GOOD, INK, REMARK, SECOND, svg_of
from vla_contract.values import ActionChunk, NS_PER_S, Vector
from vla_rollout.episodes.cycle import Cycle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WISH, _COMMAND, _MEASURED, _ALARM = FIRST, SECOND, INK, BAD
# A pixel of the drawing is two of these.
_MOST_POINTS = 1200
# Of a joint's range: nearer than this its limit is in the drawing.
_NEAR = 0.15
_UNITS = {'revolute': 'rad', 'prismatic': 'm'}
# From the top, the harmless one first; a latched stop is a stop that stays.
_LANES = (
    ('pass', GOOD, (Verdict.PASS,)),
    ('clamp', REMARK, (Verdict.CLAMP,)),
    ('hold', SECOND, (Verdict.HOLD,)),
    ('stop', BAD, (Verdict.STOP, Verdict.LATCHED)),
)
_SMALL, _WORD = 7.5, 8.5


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


def draw_episode(cell: Cell, cycles: Sequence[Cycle], alarms_s: Sequence[float]) -> str:
    """Return an SVG: verdicts, one row per joint, and one for effort where it is measured.

    Args:
        cell: whose joints.
        cycles: of the episode, in order.
        alarms_s: when alarms rang, from the first cycle on [s].
    """
    from matplotlib.figure import Figure

    spans = verdict_spans(cycles)
    cycles = cycles[:: max(1, len(cycles) // _MOST_POINTS)]
    time_s = np.array([cycle.now_ns - cycles[0].now_ns for cycle in cycles]) / NS_PER_S
    dim = len(cell.joints)
    desired = _stack([c.desired.position if c.desired else None for c in cycles], dim)
    command = _stack([cycle.command for cycle in cycles], dim)
    measured = _stack([cycle.joints.position for cycle in cycles], dim)
    effort = _stack([cycle.joints.effort for cycle in cycles], dim)
    has_effort = bool(np.isfinite(effort).any())
    rows = 1 + dim + has_effort
    figure = Figure(figsize=(5.6, 0.72 * rows + 0.6))
    axes = figure.subplots(rows, 1, sharex=True)
    # Margins by hand: matplotlib's own search for them takes longer than all the drawing.
    height = figure.get_figheight()
    figure.subplots_adjust(
        left=0.24, right=0.99, bottom=0.42 / height, top=1 - 0.28 / height, hspace=0.16
    )
    _draw_verdicts(axes[0], spans)
    for joint, axis in zip(range(dim), axes[1:], strict=False):
        axis.plot(time_s, desired[:, joint], color=_WISH, lw=1.0, label='policy')
        axis.plot(time_s, command[:, joint], color=_COMMAND, lw=1.0, label='filtered')
        axis.plot(time_s, measured[:, joint], color=_MEASURED, lw=0.8, ls='--', label='measured')
        _name(axis, f'{cell.joints[joint].name[-14:]}\n[{_UNITS[cell.joints[joint].type]}]')
        _draw_limits(axis, cell.joints[joint])
    if has_effort:
        limit = np.array([joint.effort for joint in cell.joints])
        share = 100 * np.abs(effort / limit).max(axis=1)
        axes[-1].plot(time_s, share, color=_MEASURED, lw=0.8)
        _name(axes[-1], 'effort\n[% of limit]')
    for axis in axes:
        axis.tick_params(labelsize=_SMALL, length=2)
        axis.spines[['top', 'right']].set_visible(False)
        # What rang after the recording had ended is not in the drawing.
        for at_s in (at_s for at_s in alarms_s if at_s <= time_s[-1]):
            axis.axvspan(at_s, time_s[-1], color=_ALARM, alpha=0.07, lw=0)
            axis.axvline(at_s, color=_ALARM, lw=0.8)
    for axis in axes[1:]:
        axis.locator_params(axis='y', nbins=3)
    for axis in axes[:-1]:
        axis.tick_params(axis='x', length=0)
    lines, names = axes[1].get_legend_handles_labels()
    figure.legend(lines, names, fontsize=_SMALL, ncols=3, loc='upper right', frameon=False)
    axes[-1].set_xlabel('time [s]', fontsize=_WORD)
    return svg_of(figure)


def verdict_spans(cycles: Sequence[Cycle]) -> list[tuple[Verdict, float, float]]:
    """Return from when to when the filter gave one verdict, from the first cycle on [s]."""
    spans: list[tuple[Verdict, float, float]] = []
    for cycle in cycles:
        at_s = (cycle.now_ns - cycles[0].now_ns) / NS_PER_S
        if spans:
            verdict, since_s, _ = spans[-1]
            spans[-1] = verdict, since_s, at_s
        if not spans or spans[-1][0] is not cycle.verdict:
            spans.append((cycle.verdict, at_s, at_s))
    return spans


def _draw_verdicts(axis: 'Axes', spans: Sequence[tuple[Verdict, float, float]]) -> None:
    """Draw a lane per verdict: which one it was is seen by its place, not by its colour alone."""
    for lane, (_, colour, verdicts) in enumerate(_LANES):
        bars = [(begin, end - begin) for verdict, begin, end in spans if verdict in verdicts]
        axis.broken_barh(bars, (lane - 0.4, 0.8), color=colour, lw=0)
    axis.set_yticks(range(len(_LANES)), [name for name, _, _ in _LANES])
    axis.set_ylim(len(_LANES) - 0.5, -0.5)
    _name(axis, 'filter')


def _draw_limits(axis: 'Axes', joint: Joint) -> None:
    """Draw those limits of a joint that its curves come near."""
    low, high = axis.get_ylim()
    reach = _NEAR * (joint.upper - joint.lower)
    for limit in (joint.lower, joint.upper):
        if low - reach <= limit <= high + reach:
            axis.axhline(limit, color=_ALARM, lw=0.9, ls=':')


def _name(axis: 'Axes', text: str) -> None:
    axis.set_ylabel(text, fontsize=_WORD, rotation=0, ha='right', va='center', labelpad=4)


def _stack(values: Sequence[Vector | None], dim: int) -> Vector:
    """Return rows of all cycles, NaN where there is none, shape (T, D)."""
    missing = np.full(dim, np.nan)
    return np.array([missing if value is None else value for value in values])
