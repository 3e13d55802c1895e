"""A checkpoint, or two, over many domains: success with its interval, and the difference."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from vla_contract.cli.progress import watched
from vla_contract.cli.worker_pool import OrderedMap
from vla_rollout.episodes.answers import answered, Score, score_of
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.episodes.in_process.loop_builder import run_episode
from vla_rollout.simulation.summary_rows import outcome_counts, summary_rows
from vla_rollout.statistics.comparison import Comparison
from vla_rollout.statistics.same_scenes import compare_episodes

# Of the first policy or of no domain: every row says its own.
_VARIED = ('policy', 'backend', 'source', 'policy_sha256', 'identity', 'randomization')


@dataclass(frozen=True)
class Row:
    """One policy in one domain.

    Attributes:
        policy: what it is called.
        domain: name of the domain.
        results: one per seed, the same seeds in every row.
    """

    policy: str
    domain: str
    results: tuple[EpisodeResult, ...]

    @property
    def score(self) -> Score:
        """How many episodes succeeded, and how many had no answer."""
        return score_of(self.results)

    def against(self, other: 'Row') -> Comparison | None:
        """Return how much higher this row's success rate is; None without answers."""
        ours, theirs = answered(self.results), answered(other.results)
        return compare_episodes(theirs, ours) if ours and theirs else None


def run_sweep(
    map_episodes: OrderedMap,
    settings: dict[str, Any],
    policies: Sequence[str],
    domains: Sequence[str],
    seeds: range,
) -> list[Row]:
    """Run every policy in every domain on the same seeds.

    Args:
        map_episodes: of a worker pool or a cluster.
        settings: of the loop; policy and domain are replaced.
        policies: as `load_deployment` takes them, '' for the deployment's own.
        domains: names for `domains.load_domain`.
        seeds: of the episodes.
    """
    pairs = [(policy, domain) for policy in policies for domain in domains]
    tasks = (
        (settings | {'policy': policy, 'randomization': domain}, seed)
        for policy, domain in pairs
        for seed in seeds
    )
    count = len(seeds)
    total = len(pairs) * count
    results = list(watched(map_episodes(run_episode, tasks), 'episodes', total=total))
    return [
        Row(policy, domain, tuple(results[i * count : (i + 1) * count]))
        for i, (policy, domain) in enumerate(pairs)
    ]


def labelled(rows: Sequence[Row], labels: Sequence[str]) -> list[Row]:
    """Return rows called by what ran.

    Args:
        rows: of `run_sweep`, those of each policy together.
        labels: one per policy, in the same order.
    """
    count = len(rows) // len(labels)
    return [replace(row, policy=labels[i // count]) for i, row in enumerate(rows)]


def differences(rows: Sequence[Row]) -> dict[str, Comparison]:
    """Return, per domain, the second policy against the first; nothing for one policy."""
    first, *others = dict.fromkeys(row.policy for row in rows)
    if not others:
        return {}
    found = {(row.policy, row.domain): row for row in rows}
    domains = dict.fromkeys(row.domain for row in rows)
    against = {d: found[others[0], d].against(found[first, d]) for d in domains}
    return {domain: comparison for domain, comparison in against.items() if comparison}


def sweep_summary(rows: Sequence[Row], settings: dict[str, Any]) -> dict[str, Any]:
    """Return the summary.json of a sweep."""
    return {
        'settings': {k: v for k, v in settings.items() if k not in _VARIED},
        'rows': [
            {
                'policy': row.policy,
                'domain': row.domain,
                **row.score.facts(),
                'failed_seeds': _seeds(row, 'failure'),
                'error_seeds': _seeds(row, 'error'),
                'outcomes': outcome_counts(answered(row.results)),
                'results': summary_rows(row.results),
            }
            for row in rows
        ],
        'differences': {d: comparison.facts() for d, comparison in differences(rows).items()},
    }


def sweep_table(rows: Sequence[Row]) -> str:
    """Return one line per policy and domain, then one per difference."""
    width = max(len(row.domain) for row in rows) + 2
    lines = []
    for policy in dict.fromkeys(row.policy for row in rows):
        lines.append(policy)
        lines += [
            f'  {row.domain:<{width}}{_line(row.score)}' for row in rows if row.policy == policy
        ]
    found = differences(rows)
    if found:
        lines.append('second minus first')
        lines += [f'  {domain:<{width}}{d}' for domain, d in found.items()]
    return '\n'.join(lines)


def _line(score: Score) -> str:
    rate = 'unknown'
    if score.interval:
        rate = f'{score.successes}/{score.episodes}  {score.interval}'
    return '; '.join(filter(None, (rate, score.silence, *score.notes())))


def _seeds(row: Row, outcome: str) -> list[int]:
    return [result.seed for result in row.results if result.outcome == outcome]
