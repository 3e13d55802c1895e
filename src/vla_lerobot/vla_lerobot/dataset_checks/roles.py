"""What each recorded episode is good for: imitated whole, only where a person took over, or not.

A policy's own failure must not be imitated. Where a person intervened, their frames show what
to do in the states that the policy's mistakes lead to, which no demonstration contains (Ross et
al. 2011, 'DAgger'; frames of the person alone: Kelly et al. 2019, 'HG-DAgger').
"""

from dataclasses import dataclass
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_lerobot.record_columns import INTERVENTION

_OUTCOMES = 'meta/vla_episodes.json'


@dataclass(frozen=True)
class EpisodeRoles:
    """The episodes of a dataset by role.

    Attributes:
        demonstrations: imitated whole, and successes of the policy.
        corrected: a person took over; imitated from the person alone.
        failed: failures that nobody corrected; they tell where to demonstrate, not what to do.
        is_correction: per frame, whether a person led in a corrected episode, shape (N,).
    """

    demonstrations: tuple[int, ...]
    corrected: tuple[int, ...]
    failed: tuple[int, ...]
    is_correction: NDArray[np.bool_]

    def by_role(self) -> dict[str, list[int]]:
        """Return the episodes of each role."""
        return {
            'demonstrations': list(self.demonstrations),
            'corrected': list(self.corrected),
            'failed': list(self.failed),
        }


def episode_roles(dataset: Any) -> EpisodeRoles:
    """Sort the episodes of a LeRobotDataset by its intervention column and recorded outcomes.

    Outcomes stand in meta/vla_episodes.json, which `vla dataset convert` writes. An episode led by
    a person from its first to its last frame is a demonstration.
    """
    columns = ['episode_index']
    if INTERVENTION in dataset.meta.features:
        columns.append(INTERVENTION)
    rows = dataset.hf_dataset.with_format('numpy').select_columns(columns)[:]
    episode = np.asarray(rows['episode_index'])
    led = np.asarray(rows.get(INTERVENTION, np.zeros(len(episode)))).astype(bool).reshape(-1)
    failures = _failures(dataset)
    demonstrations, corrected, failed = [], [], []
    for number in range(dataset.meta.total_episodes):
        own = led[episode == number]
        if own.any() and not own.all():
            corrected.append(number)
        elif number in failures:
            failed.append(number)
        else:
            demonstrations.append(number)
    is_correction = led & np.isin(episode, corrected)
    return EpisodeRoles(tuple(demonstrations), tuple(corrected), tuple(failed), is_correction)


def _failures(dataset: Any) -> set[int]:
    path = dataset.root / _OUTCOMES
    if not path.is_file():
        return set()
    episodes = json.loads(path.read_text())['episodes']
    # Recordings of ros2 bag record say nothing of their outcome.
    good = ('success', 'assisted', '', None)
    return {number for number, notes in enumerate(episodes) if notes.get('outcome') not in good}
