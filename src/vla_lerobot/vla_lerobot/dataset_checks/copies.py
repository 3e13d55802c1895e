"""Episodes that are in the dataset twice: they count double, and are trained on when held out."""

from collections import defaultdict
from collections.abc import Hashable, Iterator

import numpy as np
from vla_lerobot.dataset_checks.episodes import Episode, Recorded
from vla_lerobot.dataset_checks.finding import Finding

_CURE = 'remove the copy, or leave it out with --skip-bad'
# Rows of a moving arm that two episodes share by chance are hardly any; rest poses are one row.
_LARGEST_SHARE = 0.5
_FEWEST_ROWS = 5


def copies(data: Recorded) -> Iterator[Finding]:
    """Its numbers are those of an earlier episode, wholly or for the most part; that one is good.

    Rows of state and action are compared exactly, so a copy is found also when frames were cut
    off or time stamps changed.
    """
    owner: dict[Hashable, int] = {}
    for episode in data.episodes:
        keys = _rows(episode)
        shared: defaultdict[int, int] = defaultdict(int)
        for key in keys:
            if key in owner:
                shared[owner[key]] += 1
        for key in keys:
            owner.setdefault(key, episode.number)
        if not shared:
            continue
        other = max(shared, key=lambda number: shared[number])
        share = shared[other] / len(keys)
        if len(keys) >= _FEWEST_ROWS and share > _LARGEST_SHARE:
            whole = 'it is' if share == 1.0 else f'{share:.0%} of it is'
            yield Finding(episode.number, 'copy', f'{whole} a copy of episode {other}', _CURE)


def _rows(episode: Episode) -> set[bytes]:
    """Return the different rows of state and action, as written."""
    rows = np.concatenate([episode.rows.state, episode.rows.action], axis=1).astype(np.float32)
    return {row.tobytes() for row in rows}
