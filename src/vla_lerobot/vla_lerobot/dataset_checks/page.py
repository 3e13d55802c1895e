"""The page of a dataset: what is wrong, what is in it, and how its episodes look."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.page.page import drawing, facts, Html, pair, table, verdict, write_page
from vla_lerobot.dataset_checks.dataset import EpisodeVerdict
from vla_lerobot.dataset_checks.roles import EpisodeRoles
from vla_lerobot.dataset_checks.thumbnails import film_strips

_MOST_DRAWINGS = 12
_STYLE = """
.strips { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 1em }
.strips figure { margin: 0 } .strips img { width: 100% }
"""


def write_check_page(
    path: Path,
    dataset: Any,
    verdicts: Sequence[EpisodeVerdict],
    roles: EpisodeRoles,
    deployment: Deployment,
) -> None:
    """Write the page.

    Args:
        path: HTML file, replaced where it exists.
        dataset: LeRobotDataset.
        verdicts: one per episode.
        roles: what the episodes are good for.
        deployment: the robot, and what the numbers mean.
    """
    from vla_lerobot.dataset_checks.drawings import (
        histogram,
        idle_shares,
        joint_ranges,
        motion_of,
    )  # fmt: skip

    cell = deployment.cell
    bad = [entry for entry in verdicts if entry.faults]
    lengths = [entry.rows.length / dataset.fps for entry in verdicts]
    idle = idle_shares(verdicts, cell)
    lags = [entry.lag / dataset.fps for entry in verdicts if entry.lag is not None]
    notes = [f'{len(verdicts) - len(bad)} of {len(verdicts)} episodes are fit to train on']
    rows = [
        (entry.episode, entry.rows.length, finding.fault, finding.cure)
        for entry in bad
        for finding in entry.findings
    ]
    drawn = [
        drawing(histogram(lengths, 'length [s]'), 'length of the episodes'),
        drawing(histogram(idle, 'idle share of the steps'), 'steps in which no joint moves'),
    ]
    if lags:
        caption = 'by how much the state follows its action'
        drawn.append(drawing(histogram(lags, 'lag [s]'), caption))
    body = [
        verdict(not bad, notes),
        facts(_facts(dataset, roles, deployment)),
        Html('<h2>Bad episodes</h2>'),
        table(('episode', 'frames', 'what was found', 'what to do'), rows),
        pair(
            drawing(motion_of(entry, cell), f'episode {entry.episode}: action dashed, state solid')
            for entry in bad[:_MOST_DRAWINGS]
        ),
        Html('<h2>Episodes</h2>'),
        film_strips(dataset, verdicts),
        Html('<h2>Numbers</h2>'),
        pair(drawn),
        drawing(
            joint_ranges(verdicts, cell),
            'where each joint was, light, and half of the time, dark, between its limits',
        ),
    ]
    write_page(path, f'Data check: {Path(dataset.root).name}', body, _STYLE)


def _facts(dataset: Any, roles: EpisodeRoles, deployment: Deployment) -> dict[str, str]:
    """Return what is in the dataset, by name."""
    meta = dataset.meta
    told = Counter(
        text for episode in meta.episodes for text in np.atleast_1d(episode['tasks']).tolist()
    )
    cameras = (
        f'{key.removeprefix("observation.images.")} '
        f'{"x".join(map(str, meta.features[key]["shape"][:2]))} ({meta.features[key]["dtype"]})'
        for key in meta.camera_keys
    )
    seconds = int(dataset.num_frames) / dataset.fps
    return {
        'robot': f'{meta.robot_type}, judged as {deployment.cell.robot.name}',
        'frames': f'{dataset.num_frames} at {dataset.fps} Hz, {seconds / 60.0:.1f} min',
        'cameras, height x width': ', '.join(cameras),
        'tasks': ', '.join(f"'{text}' ({count} episodes)" for text, count in told.items()),
        'roles': ', '.join(f'{len(own)} {name}' for name, own in roles.by_role().items()),
    }
