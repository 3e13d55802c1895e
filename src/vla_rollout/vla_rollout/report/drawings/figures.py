"""The drawings of a report, as SVG."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from vla_contract.page.svg import BAD, BAND, GOOD, INK, svg_of
from vla_rollout.episodes.episode_loop import SUCCESS
from vla_rollout.report.text import brief, printable
from vla_rollout.statistics.failure_shares import failure_shares
from vla_rollout.statistics.intervals import wilson_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

_LATENCY_LINE_MS = 200.0
_LABEL = 32
_MIDDLE = 0.5


def running_rate(outcomes: Sequence[bool]) -> str:
    """Draw the success rate after each episode with its 95 % interval."""
    done = np.cumsum(outcomes)
    count = np.arange(1, len(done) + 1)
    intervals = [wilson_interval(int(k), int(n)) for k, n in zip(done, count, strict=True)]
    figure, axes = _axes()
    axes.fill_between(
        count, [i.lower for i in intervals], [i.upper for i in intervals], color=BAND, lw=0
    )
    axes.plot(count, done / count, color=INK, marker='.')
    axes.set(xlim=(0.5, len(done) + 0.5), ylim=(0, 1.02), xlabel='episode', ylabel='success rate')
    _whole_numbers(axes.xaxis)
    return svg_of(figure)


def outcome_bars(outcomes: Mapping[str, int]) -> str:
    """Draw the share of each outcome with simultaneous 95 % intervals, most frequent first."""
    shares = failure_shares(dict(sorted(outcomes.items(), key=lambda item: -item[1])))
    names = list(shares)
    rates = np.array([shares[name].rate for name in names])
    low = np.array([shares[name].lower for name in names])
    high = np.array([shares[name].upper for name in names])
    figure, axes = _axes(height=0.9 + 0.45 * len(names))
    colours = [GOOD if name == SUCCESS else BAD for name in names]
    places = range(len(names))
    axes.barh(places, rates, color=colours, alpha=0.75, height=0.6)
    # Without mathtext: a dollar sign in a name is a dollar sign.
    labels = [f'{printable(brief(name, _LABEL))} (n {outcomes[name]})' for name in names]
    axes.set_yticks(places, labels, parse_math=False)
    whiskers = np.clip([rates - low, high - rates], 0, None)
    axes.errorbar(rates, places, xerr=whiskers, fmt='none', ecolor=INK, capsize=4)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.02), xlabel='share of episodes; 95 % intervals for all rows together')
    return svg_of(figure)


def latency_histogram(latencies: Sequence[float]) -> str:
    """Draw the chunk latencies of the episodes [ms], with the line of the checklist."""
    figure, axes = _axes()
    axes.hist(latencies, bins=min(30, max(5, len(latencies) // 2)), color=BAND, edgecolor=INK)
    axes.axvline(_LATENCY_LINE_MS, color=BAD, ls='--')
    axes.text(_LATENCY_LINE_MS, axes.get_ylim()[1], ' checklist: 200 ms', color=BAD, va='top')
    axes.set(xlabel='median chunk latency of an episode [ms]', ylabel='episodes')
    axes.set_xlim(left=0)
    _whole_numbers(axes.yaxis)
    return svg_of(figure)


def sim_against_real(
    simulated: Sequence[float], real: Sequence[float], labels: Sequence[str]
) -> str:
    """Draw the success rates of the same policies in simulation and on the robot.

    Args:
        simulated: of each policy.
        real: of each policy.
        labels: what stands at each dot.
    """
    figure, axes = _axes(height=4.2, width=4.2)
    axes.plot([0, 1], [0, 1], color=BAND)
    axes.scatter(simulated, real, color=INK)
    for x, y, label in zip(simulated, real, labels, strict=True):
        # To the side where there is room.
        side, shift = ('right', -6) if x > _MIDDLE else ('left', 6)
        text = printable(brief(label, _LABEL))
        axes.annotate(
            text, (x, y), (shift, 0), textcoords='offset points', ha=side, va='center',
            fontsize=8, parse_math=False,
        )  # fmt: skip
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel='simulated success', ylabel='real success')
    return svg_of(figure)


def _axes(height: float = 2.6, width: float = 5.6) -> 'tuple[Figure, Axes]':
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
