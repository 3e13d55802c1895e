"""Runs against each other: policies at the same task, and simulation against reality."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vla_contract.page.page import drawing, table
from vla_rollout.episodes.answers import Score
from vla_rollout.report.different_settings import different_settings
from vla_rollout.report.drawings.figures import sim_against_real
from vla_rollout.report.kinds.any_run import AnyRun
from vla_rollout.report.kinds.counted_run import CountedRun
from vla_rollout.report.text import brief, brief_list
from vla_rollout.statistics.comparison import Comparison
from vla_rollout.statistics.same_scenes import compare_episodes
from vla_rollout.statistics.sim_real_gap import correlation, mean_maximum_rank_violation


@dataclass(frozen=True)
class Compared:
    """Two runs, by the names of their folders, and how much better the second is.

    Attributes:
        first: name of the one.
        second: name of the other.
        comparison: of the episodes that had an answer.
        policies: what ran in each.
        differences: settings that differ beside the policy, e.g. 'speed 0.1 against 1'.
    """

    first: str
    second: str
    comparison: Comparison
    policies: tuple[str, str]
    differences: tuple[str, ...] = ()

    @property
    def remark(self) -> str:
        """What else may be why they differ, '' for nothing."""
        notes = []
        if self.policies[0] == self.policies[1]:
            notes.append(f'the same policy, {brief(self.policies[0])}')
        if self.differences:
            notes.append(f'differs also in: {", ".join(brief_list(self.differences))}')
        return '; '.join(notes)

    def facts(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            'first': self.first,
            'second': self.second,
            'policies': list(self.policies),
            'differences': list(self.differences),
            **self.comparison.facts(),
        }


def compare_runs(runs: Sequence[AnyRun]) -> list[Compared]:
    """Compare every run with the first one of the same robot, cell and task.

    Policies may differ, and what else differs is named; simulated and real runs are kept apart.
    Episodes of the same scene are compared in pairs, by their manifests: real ones never are.
    Sweeps and instruction checks have comparisons of their own.
    """
    found: list[Compared] = []
    bases: dict[tuple[object, ...], CountedRun] = {}
    for run in _judged(runs):
        scene = tuple(str(run.settings.get(name)) for name in ('robot', 'cell', 'task'))
        base = bases.setdefault((*scene, run.is_real), run)
        if base is not run:
            comparison = compare_episodes(base.answered, run.answered)
            policies = base.label, run.label
            differences = tuple(different_settings(base, run))
            found.append(Compared(base.name, run.name, comparison, policies, differences))
    return found


def _judged(runs: Sequence[AnyRun]) -> list[CountedRun]:
    return [run for run in runs if isinstance(run, CountedRun) and run.answered]


def comparison_sections(runs: Sequence[AnyRun]) -> list[str]:
    """Return what the page says about several runs together, nothing about one."""
    rows = [(c.first, c.second, str(c.comparison), c.remark) for c in compare_runs(runs)]
    body: list[str] = []
    if rows:
        body += [
            '<h2>Against each other</h2>',
            table(('run', 'against', 'second minus first', 'beside the policy'), rows),
        ]
        if len(rows) > 1:
            # Bonferroni: one of many comparisons looks good by chance.
            most = 0.05 / len(rows)
            body.append(f'<p>{len(rows)} comparisons: only a p below {most:.3f} counts</p>')
    return [*body, *_sim_and_real(_judged(runs))]


def _sim_and_real(runs: Sequence[CountedRun]) -> list[str]:
    """Return how simulated and real runs of the same policies agree, where there are both."""
    scores: dict[str, dict[bool, Score]] = {}
    for run in runs:
        scores.setdefault(run.label, {})[run.is_real] = run.score
    both = {label: pair for label, pair in scores.items() if len(pair) == 2}
    if len(both) < 2:
        return []
    simulated, real = (
        [pair[is_real].successes / pair[is_real].episodes for pair in both.values()]
        for is_real in (False, True)
    )
    labels = [
        f'{label} (n {pair[False].episodes}, {pair[True].episodes})'
        for label, pair in both.items()
    ]
    r = correlation(simulated=simulated, real=real)
    mmrv = mean_maximum_rank_violation(simulated=simulated, real=real)
    caption = f'{len(both)} policies: Pearson r {r:.2f}, MMRV {mmrv:.3f} (weighed by real rates)'
    caption += '; n: episodes simulated, real'
    picture = drawing(sim_against_real(simulated, real, labels), caption)
    return ['<h2>Simulation and reality</h2>', picture]
