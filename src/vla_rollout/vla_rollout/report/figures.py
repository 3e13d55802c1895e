"""The pictures of a report, as PNG bytes."""

from collections.abc import Mapping, Sequence
import io
from typing import TYPE_CHECKING

import numpy as np
from vla_rollout.episodes.episode_loop import SUCCESS
from vla_rollout.report.text import brief, printable
from vla_rollout.statistics.failure_shares import failure_shares
from vla_rollout.statistics.intervals import wilson_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

_INK, _GOOD, _BAD, _BAND = '#283240', '#1e7a34', '#c22727', '#b9c6d6'
_LATENCY_LINE_MS = 200.0
_LABEL = 32


def running_rate(outcomes: Sequence[bool]) -> bytes:
    """Draw the success rate after each episode with its 95 % interval."""
    done = np.cumsum(outcomes)
    count = np.arange(1, len(done) + 1)
    intervals = [wilson_interval(int(k), int(n)) for k, n in zip(done, count, strict=True)]
    figure, axes = _axes()
    axes.fill_between(
        count, [i.lower for i in intervals], [i.upper for i in intervals], color=_BAND, lw=0
    )
    axes.plot(count, done / count, color=_INK, marker='.')
    axes.set(xlim=(0.5, len(done) + 0.5), ylim=(0, 1.02), xlabel='episode', ylabel='success rate')
    _whole_numbers(axes.xaxis)
    return _png(figure)


def outcome_bars(outcomes: Mapping[str, int]) -> bytes:
    """Draw the share of each outcome with simultaneous 95 % intervals, most frequent first."""
    shares = failure_shares(dict(sorted(outcomes.items(), key=lambda item: -item[1])))
    names = list(shares)
    rates = np.array([shares[name].rate for name in names])
    low = np.array([shares[name].lower for name in names])
    high = np.array([shares[name].upper for name in names])
    figure, axes = _axes(height=0.9 + 0.45 * len(names))
    colours = [_GOOD if name == SUCCESS else _BAD for name in names]
    places = range(len(names))
    axes.barh(places, rates, color=colours, alpha=0.75, height=0.6)
    # Without mathtext: a dollar sign in a name is a dollar sign.
    labels = [printable(brief(name, _LABEL)) for name in names]
    axes.set_yticks(places, labels, parse_math=False)
    whiskers = np.clip([rates - low, high - rates], 0, None)
    axes.errorbar(rates, places, xerr=whiskers, fmt='none', ecolor=_INK, capsize=4)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.02), xlabel='share of episodes, 95 % for all together')
    return _png(figure)


def latency_histogram(latencies: Sequence[float]) -> bytes:
    """Draw the chunk latencies of the episodes [ms], with the line of the checklist."""
    figure, axes = _axes()
    axes.hist(latencies, bins=min(30, max(5, len(latencies) // 2)), color=_BAND, edgecolor=_INK)
    axes.axvline(_LATENCY_LINE_MS, color=_BAD, ls='--')
    axes.text(_LATENCY_LINE_MS, axes.get_ylim()[1], ' 200 ms', color=_BAD, va='top')
    axes.set(xlabel='median chunk latency of an episode [ms]', ylabel='episodes')
    axes.set_xlim(left=0)
    _whole_numbers(axes.yaxis)
    return _png(figure)


def sim_against_real(simulated: Sequence[float], real: Sequence[float]) -> bytes:
    """Draw the success rates of the same policies in simulation and on the robot."""
    figure, axes = _axes(height=4.2, width=4.2)
    axes.plot([0, 1], [0, 1], color=_BAND)
    axes.scatter(simulated, real, color=_INK)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel='simulated success', ylabel='real success')
    return _png(figure)


def _axes(height: float = 2.8, width: float = 7.0) -> 'tuple[Figure, Axes]':
    # Slow to import: only who draws waits for it.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout='constrained')
    axes = figure.add_subplot()
    axes.spines[['top', 'right']].set_visible(False)
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    return figure, axes


def _whole_numbers(axis: 'Axis') -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def _png(figure: 'Figure') -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format='png', dpi=110)
    return stream.getvalue()
