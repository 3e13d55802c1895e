"""The picture of a replay: errors over time, before and after identification."""

from matplotlib.figure import Figure
from vla_contract.page.svg import FIRST, INK, QUIET, SECOND, svg_of
from vla_identification.gap.replay_gap import ReplayGap

_COLUMNS = 2


def gap_drawing(before: ReplayGap, after: ReplayGap, joints: tuple[str, ...]) -> str:
    """Draw the error of the tool and of each joint for a page, SVG."""
    return svg_of(gap_figure(before, after, joints))


def gap_figure(before: ReplayGap, after: ReplayGap, joints: tuple[str, ...]) -> Figure:
    """Draw the error of the tool and of each joint."""
    rows = 1 + (len(joints) + 1) // _COLUMNS
    figure = Figure(figsize=(10.0, 1.9 * rows), layout='constrained')
    grid = figure.add_gridspec(rows, _COLUMNS)
    tool = figure.add_subplot(grid[0, :])
    for gap, colour, name in ((before, FIRST, 'before'), (after, SECOND, 'after')):
        label = f'{name}: {gap.tool_rms_mm:.2f} mm rms'
        tool.plot(gap.time_s, gap.tool_mm, color=colour, linewidth=1.2, label=label)
    tool.set_title('tool: distance between simulation and recording [mm]', fontsize=10)
    tool.set_ylim(bottom=0.0)
    tool.legend(frameon=False, fontsize=8, loc='upper right', labelcolor=INK)
    axes = [tool]
    for k, name in enumerate(joints):
        joint = figure.add_subplot(grid[1 + k // _COLUMNS, k % _COLUMNS], sharex=tool)
        for gap, colour in ((before, FIRST), (after, SECOND)):
            joint.plot(gap.time_s, 1000.0 * gap.joint[:, k], color=colour, linewidth=1.0)
        joint.set_title(f'{name} [mrad]', fontsize=9)
        axes.append(joint)
    for each in axes:
        each.spines[['top', 'right']].set_visible(False)
        each.tick_params(labelsize=8)
        each.grid(color=QUIET, alpha=0.25, linewidth=0.6)
    for each in axes[-_COLUMNS:]:
        each.set_xlabel('time [s]', fontsize=8)
    return figure
