"""The page of a dataset's findings: what is wrong, and the motion of bad episodes."""

from collections.abc import Sequence
import io
from pathlib import Path

import numpy as np
from vla_contract.cli.page import figure, Html, pair, table, verdict, write_page
from vla_contract.deployment.cell import Cell
from vla_lerobot.dataset_checks.dataset import EpisodeVerdict
from vla_lerobot.dataset_checks.roles import EpisodeRoles

_MOST_FIGURES = 12


def write_check_page(
    path: Path,
    name: str,
    verdicts: Sequence[EpisodeVerdict],
    roles: EpisodeRoles,
    cell: Cell,
) -> None:
    """Write the page.

    Args:
        path: HTML file, replaced where it exists.
        name: of the dataset.
        verdicts: one per episode.
        roles: what the episodes are good for.
        cell: names of the joints.
    """
    bad = [entry for entry in verdicts if entry.faults]
    lengths = [entry.rows.length for entry in verdicts]
    notes = [
        f'{len(verdicts)} episodes of {min(lengths)} to {max(lengths)} frames',
        *(f'{len(episodes)} {role}' for role, episodes in roles.by_role().items()),
    ]
    rows = [
        (entry.episode, entry.rows.length, finding.fault, finding.cure)
        for entry in bad
        for finding in entry.findings
    ]
    body = [
        verdict(not bad, notes),
        Html('<h2>Bad episodes</h2>'),
        table(('episode', 'frames', 'what was found', 'what to do'), rows),
        pair(_motion_figure(entry, cell) for entry in bad[:_MOST_FIGURES]),
    ]
    write_page(path, f'Data check: {name}', body)


def _motion_figure(entry: EpisodeVerdict, cell: Cell) -> Html:
    from matplotlib.figure import Figure

    plot = Figure(figsize=(5.2, 3.7), layout='constrained')
    axes = plot.subplots()
    for number, joint in enumerate(cell.joint_names):
        colour = f'C{number}'
        axes.plot(entry.rows.action[:, number], color=colour, linestyle='--', linewidth=1)
        axes.plot(entry.rows.state[:, number], color=colour, linewidth=1.2, label=joint)
    axes.set_xlabel('frame')
    axes.set_ylabel('position [rad or m]')
    axes.grid(alpha=0.3)
    finite = np.isfinite(entry.rows.state).all() and np.isfinite(entry.rows.action).all()
    if not finite:
        axes.set_title('gaps: not finite', fontsize=9)
    axes.legend(loc='upper center', bbox_to_anchor=(0.5, -0.2), fontsize=6, ncols=4, frameon=False)
    memory = io.BytesIO()
    plot.savefig(memory, format='png', dpi=100)
    return figure(memory.getvalue(), f'Episode {entry.episode}: action dashed, state solid')
