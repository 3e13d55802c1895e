"""Counted episodes of one policy, or of two in many domains, in processes of their own."""

import argparse
from functools import partial
import time
from typing import Any

from vla_contract.cli.command import write_json
from vla_contract.cli.deployment_arguments import deployment_of
from vla_contract.cli.progress import Progress
from vla_contract.deployment.deployment import Deployment
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_rollout.arguments import loop_settings
from vla_rollout.conclusion import conclude, next_command, status_of
from vla_rollout.diagnosis.healthy import find_healthy, learned_line
from vla_rollout.episodes.episode import EpisodeResult, failure_lines, summarise
from vla_rollout.episodes.in_process.loop_builder import require_loop, run_episode
from vla_rollout.episodes.policy_label import labels_of, policy_label, require_two_policies
from vla_rollout.episodes.provenance import policy_facts, provenance, recorded_settings
from vla_rollout.simulation.domains import expand
from vla_rollout.simulation.finishing import finishing_pool
from vla_rollout.simulation.journal import Journal
from vla_rollout.simulation.ray_pool import ray_pool
from vla_rollout.simulation.resumable import journal_of, told_how_to_go_on
from vla_rollout.simulation.sweep import labelled, run_sweep, sweep_summary, sweep_table
from vla_rollout.simulation.sweep_figure import draw_sweep
from vla_rollout.simulation.unused_options import refuse_blind_options


def simulate(args: argparse.Namespace) -> int:
    """Run the episodes, or those that are left, and write summary.json."""
    settings, deployment = loop_settings(args), deployment_of(args)
    refuse_blind_options(args, deployment)
    workers = min(args.workers, args.episodes)
    identity = require_loop(settings, keep=workers == 1)
    facts = provenance(deployment, identity, args.randomization)
    journal = journal_of(args, 'simulate', facts)
    with told_how_to_go_on(journal, 'sim run'):
        return _simulate(args, settings, deployment, identity, journal, workers)


def _simulate(
    args: argparse.Namespace,
    settings: dict[str, Any],
    deployment: Deployment,
    identity: PolicyIdentity,
    journal: Journal,
    workers: int,
) -> int:
    videos = journal.folder / 'videos' if args.video else None
    learned = learned_line(deployment, find_healthy(deployment, identity))
    print(f'failure diagnosis: {learned}')
    tasks = ((settings, seed) for seed in episode_seeds(args))
    run = partial(run_episode, videos=videos)
    before = frozenset(journal.done)
    results: list[EpisodeResult] = []
    successes = judged = 0
    started = time.monotonic()
    with (
        finishing_pool(workers) as map_finished,
        Progress(args.episodes, 'episodes') as progress,
    ):
        for result in journal.through(map_finished)(run, tasks):
            results.append(result)
            judged += not result.is_error
            successes += result.success and not result.is_error
            progress.update(note=f'success {successes}/{judged}')
    wall_s = time.monotonic() - started
    simulated_s = sum(r.duration_s for i, r in enumerate(results) if i not in before)
    known = recorded_settings(args, deployment, identity, {**settings, 'diagnosis': learned})
    summary = summarise(results, known)
    summary['timing'] = {
        'wall_s': round(wall_s, 2),
        'simulated_s': round(simulated_s, 2),
        'realtime_factor': round(simulated_s / wall_s, 2),
    }
    folder = journal.folder
    for path in filter(None, (folder / 'summary.json', args.json)):
        write_json(path, summary)
    label = policy_label(identity.backend, identity.source, identity.policy)
    if args.verbose:
        print(_filter_line(results))
        print(_schedule_line(results))
        print(f'{simulated_s / wall_s:.1f} x real time')
    for line in failure_lines(results):
        print(line)
    if seeds := [result.seed for result in results if result.outcome == 'error']:
        print(f'seeds without an answer: {" ".join(map(str, seeds))}')
    print(f'results: {folder}/summary.json')
    return conclude(label, results, folder, args.least)


def sweep(args: argparse.Namespace) -> int:
    """Run one or two policies in every domain; write summary.json and a figure."""
    domains = expand(args.sweep)
    deployment = deployment_of(args)
    refuse_blind_options(args, deployment)
    policies = [args.policy, *filter(None, [args.compare])]
    identities = [
        require_loop({**loop_settings(args), 'policy': policy}, keep=False) for policy in policies
    ]
    require_two_policies(args.compare, identities)
    facts = provenance(deployment, identities[0], args.randomization)
    compared = {'compare_sha256': identities[-1].sha256} if args.compare else {}
    journal = journal_of(args, 'sweep', facts | compared)
    workers = min(args.workers, args.episodes * len(domains) * len(policies))
    pool = ray_pool(args.ray) if args.ray else finishing_pool(workers)
    with told_how_to_go_on(journal, 'sim run'), pool as map_finished:
        rows = run_sweep(
            journal.through(map_finished),
            loop_settings(args),
            policies,
            domains,
            episode_seeds(args),
        )
    labels = labels_of(identities)
    rows = labelled(rows, labels)
    folder = journal.folder
    settings = recorded_settings(args, deployment, identities[0], loop_settings(args))
    ran = dict(zip(labels, map(policy_facts, identities), strict=True))
    summary = sweep_summary(rows, settings) | {'policies': ran}
    for path in filter(None, (folder / 'summary.json', args.json)):
        write_json(path, summary)
    draw_sweep(rows).savefig(folder / 'sweep.png', dpi=110)
    print(sweep_table(rows))
    print(f'results: {folder}/summary.json   figure: {folder}/sweep.png')
    print(next_command(folder), flush=True)
    return status_of([row.results for row in rows], args.least)


def episode_seeds(args: argparse.Namespace) -> range:
    """Return the seeds that the arguments name."""
    return range(args.first_seed, args.first_seed + args.episodes)


def _filter_line(results: list[EpisodeResult]) -> str:
    """Return what the filter did, over all episodes."""
    lag = _mean([result.added_lag_ms for result in results])
    starts = _mean([result.added_lag_with_starts_ms for result in results])
    stops = sum(result.stopped_cycles or 0 for result in results)
    cycles = sum(result.filter_counters.get('cycles', 0) for result in results)
    return (
        f'filter: added lag {lag} ({starts} with starts from standstill), stopped in {stops} of '
        f'{cycles} cycles after the first motion'
    )


def _schedule_line(results: list[EpisodeResult]) -> str:
    """Return how the chunks joined, over all episodes."""
    starved = sum(result.starved_periods or 0 for result in results)
    distance, jump = (
        _mean([result.seams.get(f'seam_{name}') for result in results], unit)
        for name, unit in (('distance_p50_rad', 'rad'), ('velocity_jump_p50_rad_s', 'rad/s'))
    )
    return (
        f'schedule: {starved} control periods without a step; median seam: distance {distance}, '
        f'velocity jump {jump}'
    )


def _mean(values: list[float | None], unit: str = 'ms') -> str:
    known = [value for value in values if value is not None]
    return f'{sum(known) / len(known):.3g} {unit}' if known else 'unavailable'
