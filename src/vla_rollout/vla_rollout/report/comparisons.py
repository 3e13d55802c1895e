"""Runs against each other: policies at the same task, and simulation against reality."""

from collections.abc import Sequence
from dataclasses import dataclass

from vla_contract.cli.page import figure, table
from vla_rollout.report.figures import sim_against_real
from vla_rollout.report.kinds.any_run import AnyRun
from vla_rollout.report.kinds.counted_run import CountedRun
from vla_rollout.statistics.comparison import compare, Comparison
from vla_rollout.statistics.sim_real_gap import correlation, mean_maximum_rank_violation


@dataclass(frozen=True)
class Compared:
    """Two runs, by the names of their folders, and how much better the second is."""

    first: str
    second: str
    comparison: Comparison


def compare_runs(runs: Sequence[AnyRun]) -> list[Compared]:
    """Compare every run with the first one of the same deployment, cell and task.

    Policies may differ, simulated and real runs are kept apart. Sweeps and instruction checks have
    comparisons of their own.
    """
    found: list[Compared] = []
    bases: dict[tuple[object, ...], CountedRun] = {}
    for run in _counted(runs):
        scene = tuple(str(run.settings.get(name)) for name in ('deployment', 'cell', 'task'))
        base = bases.setdefault((*scene, run.is_real), run)
        if base is not run:
            are_paired = base.seeds == run.seeds
            comparison = compare(base.outcomes_in_order, run.outcomes_in_order, are_paired)
            found.append(Compared(base.name, run.name, comparison))
    return found


def _counted(runs: Sequence[AnyRun]) -> list[CountedRun]:
    return [run for run in runs if isinstance(run, CountedRun) and run.results]


def comparison_sections(runs: Sequence[AnyRun]) -> list[str]:
    """Return what the page says about several runs together, nothing about one."""
    rows = [(c.first, c.second, str(c.comparison)) for c in compare_runs(runs)]
    body: list[str] = []
    if rows:
        body += [
            '<h2>Against each other</h2>',
            table(('run', 'against', 'second minus first'), rows),
        ]
        if len(rows) > 1:
            # Bonferroni: one of many comparisons looks good by chance.
            most = 0.05 / len(rows)
            body.append(f'<p>{len(rows)} comparisons: only a p below {most:.3f} counts</p>')
    return [*body, *_sim_and_real(_counted(runs))]


def _sim_and_real(runs: Sequence[CountedRun]) -> list[str]:
    """Return how simulated and real runs of the same policies agree, where there are both."""
    rates: dict[str, dict[bool, float]] = {}
    for run in runs:
        rate = run.successes / len(run.results)
        rates.setdefault(str(run.settings.get('policy')), {})[run.is_real] = rate
    both = [rate for rate in rates.values() if len(rate) == 2]
    if len(both) < 2:
        return []
    simulated, real = ([rate[is_real] for rate in both] for is_real in (False, True))
    r = correlation(simulated=simulated, real=real)
    mmrv = mean_maximum_rank_violation(simulated=simulated, real=real)
    caption = f'{len(both)} policies: Pearson r {r:.2f}, MMRV {mmrv:.3f} (weighed by real rates)'
    return ['<h2>Simulation and reality</h2>', figure(sim_against_real(simulated, real), caption)]
