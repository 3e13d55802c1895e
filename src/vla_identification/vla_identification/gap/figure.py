"""The picture of a replay: errors over time, before and after identification."""

from io import BytesIO

from matplotlib.figure import Figure
from vla_identification.gap.replay_gap import ReplayGap

_BEFORE, _AFTER, _COLUMNS = '#c2722b', '#2b6cb0', 2


def gap_figure(before: ReplayGap, after: ReplayGap, joints: tuple[str, ...]) -> bytes:
    """Draw the error of the tool and of each joint, PNG."""
    rows = 1 + (len(joints) + 1) // _COLUMNS
    figure = Figure(figsize=(10.0, 1.9 * rows), layout='constrained')
    grid = figure.add_gridspec(rows, _COLUMNS)
    tool = figure.add_subplot(grid[0, :])
    for gap, colour, name in ((before, _BEFORE, 'before'), (after, _AFTER, 'after')):
        label = f'{name}: {gap.tool_rms_mm:.2f} mm rms'
        tool.plot(gap.time_s, gap.tool_mm, color=colour, linewidth=1.2, label=label)
    tool.set_title('tool: distance between simulation and recording [mm]', fontsize=10)
    tool.set_ylim(bottom=0.0)
    tool.legend(frameon=False, fontsize=8, loc='upper right')
    axes = [tool]
    for k, name in enumerate(joints):
        joint = figure.add_subplot(grid[1 + k // _COLUMNS, k % _COLUMNS], sharex=tool)
        for gap, colour in ((before, _BEFORE), (after, _AFTER)):
            joint.plot(gap.time_s, 1000.0 * gap.joint[:, k], color=colour, linewidth=1.0)
        joint.set_title(f'{name} [mrad]', fontsize=9)
        axes.append(joint)
    for each in axes:
        each.spines[['top', 'right']].set_visible(False)
        each.tick_params(labelsize=8)
        each.grid(color='#e4e7eb', linewidth=0.6)
    for each in axes[-_COLUMNS:]:
        each.set_xlabel('time [s]', fontsize=8)
    picture = BytesIO()
    figure.savefig(picture, format='png', dpi=110)
    return picture.getvalue()
