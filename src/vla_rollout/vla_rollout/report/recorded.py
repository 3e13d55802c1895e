"""What the recordings of a run add to its report."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vla_contract.filter_status import Verdict
from vla_rollout.episodes.cycle import Cycle


@dataclass(frozen=True)
class RecordedEpisode:
    """An episode that was recorded.

    Attributes:
        drawing: SVG of what the filter did and of its joints.
        interventions: how often the filter began to hold back the policy, by reason.
    """

    drawing: str
    interventions: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class RecordedRun:
    """The recorded episodes of a run.

    Attributes:
        episodes: by their index in the run.
        notes: what could not be shown and why, a sentence each.
    """

    episodes: Mapping[int, RecordedEpisode] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def interventions(self) -> Counter[str]:
        """How often the filter began to hold back the policy, by reason, over all episodes."""
        return sum((episode.interventions for episode in self.episodes.values()), Counter())


def count_interventions(cycles: Iterable[Cycle]) -> Counter[str]:
    """Return how often the filter ceased to pass what was desired, by what it said.

    A limit is named with its joint; what holds or stops the arm by the code of its reason alone,
    since its sentence has numbers.
    """
    counts: Counter[str] = Counter()
    last = ''
    for cycle in cycles:
        reason = ''
        # Before the filter has said why, there is nothing to count.
        if cycle.verdict is not Verdict.PASS and cycle.reason:
            is_limit = cycle.verdict is Verdict.CLAMP
            cause = cycle.reason if is_limit else cycle.reason.code.replace('_', ' ')
            reason = f'{cycle.verdict.name.lower()}: {cause}'
        if reason and reason != last:
            counts[reason] += 1
        last = reason
    return counts
