"""The drawings of a data check, as SVG."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.page.svg import BAND, INK, QUIET, SECOND, svg_of
from vla_contract.values import Vector
from vla_lerobot.dataset_checks.dataset import EpisodeVerdict
from vla_lerobot.dataset_checks.episodes import EpisodeLimits
from vla_lerobot.dataset_checks.numbers.basics import idle_share


def histogram(values: Sequence[float], label: str) -> str:
    """Draw how often values occur, none of them negative; `label` names them with their unit."""
    figure = Figure(figsize=(5.2, 2.4), layout='constrained')
    axes = figure.subplots()
    # None of them is below zero: from there on lengths can be told from each other.
    top = 1.1 * max(*values, 1e-3)
    axes.hist(values, bins=20, range=(0.0, top), color=SECOND)
    axes.set(xlabel=label, ylabel='episodes')
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[['top', 'right']].set_visible(False)
    return svg_of(figure)


def idle_shares(verdicts: Sequence[EpisodeVerdict], cell: Cell) -> list[float]:
    """Return the share of the steps of each episode in which no joint moves."""
    least = EpisodeLimits().step_share * (_upper(cell) - _lower(cell))
    return [idle_share(entry.rows.state, least) for entry in verdicts]


def joint_ranges(verdicts: Sequence[EpisodeVerdict], cell: Cell) -> str:
    """Draw where the joints were, as a share of the way between their limits."""
    states = np.concatenate([entry.rows.state for entry in verdicts])
    states = states[np.isfinite(states).all(axis=1)]
    figure = Figure(figsize=(9.0, 0.8 + 0.3 * len(cell.joints)), layout='constrained')
    axes = figure.subplots()
    names = [f'{joint.name[-32:]} {joint.lower:.2f} to {joint.upper:.2f}' for joint in cell.joints]
    if len(states):
        share = (states - _lower(cell)) / (_upper(cell) - _lower(cell))
        for k, (low, first, third, high) in enumerate(
            np.percentile(share, [0.0, 25.0, 75.0, 100.0], axis=0).T
        ):
            axes.barh(k, high - low, left=low, height=0.5, color=BAND)
            axes.barh(k, third - first, left=first, height=0.5, color=SECOND)
    axes.set_yticks(range(len(names)), names, fontsize=8, parse_math=False)
    axes.invert_yaxis()
    for limit in (0.0, 1.0):
        axes.axvline(limit, color=QUIET, linewidth=1.0, linestyle='--')
    axes.set_xlabel('from the lower to the upper limit [rad or m]')
    axes.spines[['top', 'right']].set_visible(False)
    return svg_of(figure)


def motion_of(entry: EpisodeVerdict, cell: Cell) -> str:
    """Draw the joints of one episode over its frames."""
    figure = Figure(figsize=(5.2, 3.7), layout='constrained')
    axes = figure.subplots()
    for number, joint in enumerate(cell.joint_names):
        colour = f'C{number}'
        axes.plot(entry.rows.action[:, number], color=colour, linestyle='--', linewidth=1)
        axes.plot(entry.rows.state[:, number], color=colour, linewidth=1.2, label=joint)
    axes.set(xlabel='frame', ylabel='position [rad or m]')
    axes.grid(color=QUIET, alpha=0.25)
    if not (np.isfinite(entry.rows.state).all() and np.isfinite(entry.rows.action).all()):
        axes.set_title('gaps: not finite', fontsize=9)
    axes.legend(
        loc='upper center', bbox_to_anchor=(0.5, -0.2), fontsize=6, ncols=3, frameon=False,
        labelcolor=INK,
    )  # fmt: skip
    return svg_of(figure)


def _lower(cell: Cell) -> Vector:
    return np.array([joint.lower for joint in cell.joints])


def _upper(cell: Cell) -> Vector:
    return np.array([joint.upper for joint in cell.joints])
