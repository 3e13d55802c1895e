"""What a recording adds to an episode of a report."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
import re

from vla_action_filter.verdict import Verdict
from vla_rollout.episodes.cycle import Cycle

# 'cycle took 61 ms' and 'cycle took 74 ms' are one reason; the 2 of panda_joint2 is of a name.
_NUMBER = re.compile(r'(?<!\w)-?\d+(\.\d+)?(?!\w)')


@dataclass(frozen=True)
class RecordedEpisode:
    """An episode that was recorded.

    Attributes:
        picture: PNG of its joints.
        interventions: how often the filter began to hold back the policy, by reason.
    """

    picture: bytes
    interventions: Counter[str] = field(default_factory=Counter)


def count_interventions(cycles: Iterable[Cycle]) -> Counter[str]:
    """Return how often the filter ceased to pass what the policy desired unchanged, by reason."""
    counts: Counter[str] = Counter()
    last = ''
    for cycle in cycles:
        reason = ''
        # Before the filter has said why, there is nothing to count.
        if cycle.verdict is not Verdict.PASS and cycle.reason:
            reason = _NUMBER.sub('…', f'{cycle.verdict.name.lower()}: {cycle.reason}')
        if reason and reason != last:
            counts[reason] += 1
        last = reason
    return counts
