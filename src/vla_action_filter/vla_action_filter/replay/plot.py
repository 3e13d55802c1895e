"""One picture of a replay: what was desired, what was commanded, and what the filter decided."""

from pathlib import Path

import matplotlib

matplotlib.use('Agg')
from matplotlib import pyplot
import numpy as np
from vla_action_filter.replay.replay import Trace
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import Verdict
from vla_contract.values import Vector

_COLOURS = {
    Verdict.PASS: '#4c9a52',
    Verdict.CLAMP: '#e8a33d',
    Verdict.HOLD: '#8a8f98',
    Verdict.STOP: '#c0392b',
    Verdict.LATCHED: '#7b241c',
}


def plot_replay(trace: Trace, cell: Cell, path: Path) -> None:
    """Write a PNG with the joint that moves most, its speed, and the verdicts below."""
    arm = np.array(cell.arm)
    joint = int(arm[np.argmax(np.ptp(trace.command[:, arm], axis=0))])
    time_s = (trace.time_ns - trace.time_ns[0]) / 1e9
    figure, (top, middle, bottom) = pyplot.subplots(
        3, 1, figsize=(14, 8), sharex=True, height_ratios=(5, 3, 1), layout='constrained'
    )
    top.plot(time_s, trace.desired[:, joint], color='#9aa0a6', linewidth=1.0, label='chunk')
    top.plot(time_s, trace.command[:, joint], color='#1f5fbf', linewidth=1.4, label='command')
    span = trace.command[:, joint]
    room = 0.3 * float(np.ptp(span)) + 0.05
    top.set_ylim(span.min() - room, span.max() + room)
    top.set_ylabel(f'{cell.joints[joint].name} [rad or m]')
    top.legend(loc='upper right')
    limit = cell.joints[joint].velocity
    speed = np.diff(span, prepend=span[0]) / trace.period_s
    middle.plot(time_s, speed, color='#1f5fbf', linewidth=1.0)
    middle.axhline(limit, color='#c0392b', linewidth=0.8, linestyle='--')
    middle.axhline(-limit, color='#c0392b', linewidth=0.8, linestyle='--')
    middle.set_ylabel('speed [1/s], limit dashed')
    for verdict, colour in _COLOURS.items():
        bottom.fill_between(
            time_s, 0, 1, where=trace.verdict == verdict, color=colour, step='mid',
            label=verdict.name.lower(), linewidth=0,
        )  # fmt: skip
    bottom.set_yticks([])
    bottom.set_ylabel('verdict')
    bottom.set_xlabel('time [s]')
    bottom.legend(loc='upper left', ncol=5, bbox_to_anchor=(0.0, -0.45), frameon=False)
    _mark_faults(trace, time_s, top, middle)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _mark_faults(trace: Trace, time_s: Vector, *axes: pyplot.Axes) -> None:
    """Shade the labelled faults and write their causes above."""
    starts = [k for k, cause in enumerate(trace.fault) if cause and trace.fault[k - 1] != cause]
    for start in starts:
        end = start
        while end < len(trace.fault) - 1 and trace.fault[end] == trace.fault[start]:
            end += 1
        for axis in axes:
            axis.axvspan(time_s[start], time_s[end], color='#f2d7d5', zorder=0)
        axes[0].annotate(
            trace.fault[start], (time_s[start], 1.0), xycoords=('data', 'axes fraction'),
            xytext=(2, 3), textcoords='offset points', fontsize=9,
        )  # fmt: skip
