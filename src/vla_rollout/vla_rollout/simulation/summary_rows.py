"""Episodes as they stand in the summaries of a sweep and of an instruction check."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from vla_rollout.episodes.cause import cause_of
from vla_rollout.episodes.episode import EpisodeResult


def summary_rows(results: Iterable[EpisodeResult]) -> list[dict[str, Any]]:
    """Return what is known of each episode but its manifest, which the journal keeps."""
    return [
        {name: value for name, value in result.as_dict().items() if name != 'manifest'}
        for result in results
    ]


def outcome_counts(results: Iterable[EpisodeResult]) -> dict[str, int]:
    """Return how many episodes ended by each cause, success among them."""
    return dict(Counter(cause_of(result).mode for result in results).most_common())
