"""A checkpoint, or two, over many domains: success with its interval, and the difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm
from vla_contract.cli.worker_pool import OrderedMap
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.episodes.in_process.loop_builder import run_episode
from vla_rollout.simulation.answers import answer_counts
from vla_rollout.simulation.summary_rows import outcome_counts, summary_rows
from vla_rollout.statistics.comparison import difference_interval, points
from vla_rollout.statistics.intervals import Interval, wilson_interval

_VARIED = ('policy', 'randomization')


@dataclass(frozen=True)
class Row:
    """One policy in one domain.

    Attributes:
        policy: name or path of the checkpoint.
        domain: name of the domain.
        results: one per seed, the same seeds in every row.
    """

    policy: str
    domain: str
    results: tuple[EpisodeResult, ...]

    @property
    def successes(self) -> int:
        """How many episodes succeeded."""
        return sum(result.success for result in self.results)

    @property
    def interval(self) -> Interval:
        """Success rate with its Wilson interval."""
        return wilson_interval(self.successes, len(self.results))

    def minus(self, other: 'Row') -> Interval:
        """Return how much higher this row's success rate is, with the interval of that."""
        return difference_interval(
            self.successes, len(self.results), other.successes, len(other.results)
        )


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
    results = list(tqdm(map_episodes(run_episode, tasks), total=total, unit='episode'))
    return [
        Row(policy, domain, tuple(results[i * count : (i + 1) * count]))
        for i, (policy, domain) in enumerate(pairs)
    ]


def differences(rows: Sequence[Row]) -> dict[str, Interval]:
    """Return, per domain, the second policy's rate minus the first's; nothing for one policy."""
    first, *others = dict.fromkeys(row.policy for row in rows)
    if not others:
        return {}
    found = {(row.policy, row.domain): row for row in rows}
    domains = dict.fromkeys(row.domain for row in rows)
    return {domain: found[others[0], domain].minus(found[first, domain]) for domain in domains}


def sweep_summary(rows: Sequence[Row], settings: dict[str, Any]) -> dict[str, Any]:
    """Return the summary.json of a sweep."""
    return {
        'settings': {k: v for k, v in settings.items() if k not in _VARIED},
        'rows': [
            {
                'policy': row.policy,
                'domain': row.domain,
                'episodes': len(row.results),
                'successes': row.successes,
                'success_rate': row.interval.rate,
                'wilson_95': [row.interval.lower, row.interval.upper],
                'failed_seeds': [result.seed for result in row.results if not result.success],
                'outcomes': outcome_counts(row.results),
                **answer_counts(row.results),
                'results': summary_rows(row.results),
            }
            for row in rows
        ],
        'differences': {
            domain: {'difference': d.rate, 'newcombe_95': [d.lower, d.upper]}
            for domain, d in differences(rows).items()
        },
    }


def sweep_table(rows: Sequence[Row]) -> str:
    """Return one line per policy and domain, then one per difference."""
    width = max(len(row.domain) for row in rows) + 2
    lines = []
    for policy in dict.fromkeys(row.policy for row in rows):
        lines.append(policy)
        lines += [
            f'  {row.domain:<{width}}{row.successes}/{len(row.results)}  {row.interval}'
            for row in rows
            if row.policy == policy
        ]
    found = differences(rows)
    if found:
        lines.append('second minus first')
        lines += [f'  {domain:<{width}}{points(d)}' for domain, d in found.items()]
    return '\n'.join(lines)
