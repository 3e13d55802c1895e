"""Counted episodes of one policy, or of two in many domains, in processes of their own."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
import time
from typing import Any

from tqdm import tqdm
from vla_contract.cli.command import write_json
from vla_contract.cli.deployment_arguments import deployment_of
from vla_contract.cli.worker_pool import worker_pool
from vla_rollout.arguments import loop_settings
from vla_rollout.episodes.episode import EpisodeResult, summarise, summary_line
from vla_rollout.episodes.loop_builder import require_loop, run_episode
from vla_rollout.episodes.provenance import provenance, recorded_settings
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.simulation.domains import expand
from vla_rollout.simulation.journal import Journal
from vla_rollout.simulation.ray_pool import ray_pool
from vla_rollout.simulation.sweep import run_sweep, sweep_summary, sweep_table
from vla_rollout.simulation.sweep_figure import draw_sweep


def simulate(args: argparse.Namespace) -> int:
    """Run the episodes, or those that are left, and write summary.json."""
    settings, deployment = loop_settings(args), deployment_of(args)
    workers = min(args.workers, args.episodes)
    identity = require_loop(settings, keep=workers == 1)
    journal = _journal(args, 'simulate', provenance(deployment, identity, args.randomization))
    videos = journal.folder / 'videos' if args.video else None
    tasks = [(settings, seed) for seed in episode_seeds(args)]
    run = partial(run_episode, videos=videos)
    before = len(journal.results)
    results: list[EpisodeResult] = []
    started = time.monotonic()
    with (
        _told_how_to_go_on(journal),
        worker_pool(workers) as map_episodes,
        tqdm(total=len(tasks), initial=before, unit='episode') as progress,
    ):
        for result in journal.through(map_episodes)(run, tasks):
            results.append(result)
            progress.set_postfix(success=f'{sum(r.success for r in results)}/{len(results)}')
            progress.update(len(results) > before)
    wall_s = time.monotonic() - started
    simulated_s = sum(result.duration_s for result in results[before:])
    summary = summarise(results, recorded_settings(args, deployment, identity, settings))
    summary['timing'] = {
        'wall_s': round(wall_s, 2),
        'simulated_s': round(simulated_s, 2),
        'realtime_factor': round(simulated_s / wall_s, 2),
    }
    folder = journal.folder
    for path in filter(None, (folder / 'summary.json', args.json)):
        write_json(path, summary)
    print(summary_line(results))
    print(_filter_line(results))
    print(_schedule_line(results))
    for line in _problem_lines(results):
        print(line)
    print(f'{simulated_s / wall_s:.1f} x real time; results in {folder}/summary.json')
    failed = [result.seed for result in results if not result.success]
    if failed:
        print(f'failed seeds: {" ".join(map(str, failed))}')
    return 0


def sweep(args: argparse.Namespace) -> int:
    """Run one or two policies in every domain; write summary.json and a figure."""
    domains = expand(args.sweep)
    deployment = deployment_of(args)
    policies = [args.policy, *filter(None, [args.compare])]
    identities = [
        require_loop({**loop_settings(args), 'policy': policy}, keep=False) for policy in policies
    ]
    facts = provenance(deployment, identities[0], args.randomization)
    compared = {'compare_sha256': identities[-1].sha256} if args.compare else {}
    journal = _journal(args, 'sweep', facts | compared)
    pool = ray_pool(args.ray) if args.ray else worker_pool(args.workers)
    with _told_how_to_go_on(journal), pool as map_episodes:
        rows = run_sweep(
            journal.through(map_episodes),
            loop_settings(args),
            policies,
            domains,
            episode_seeds(args),
        )
    # A name for the deployment's own policy, which settings leave empty.
    rows = [replace(row, policy=row.policy or deployment.policy.name) for row in rows]
    folder = journal.folder
    settings = recorded_settings(args, deployment, identities[0], loop_settings(args) | compared)
    summary = sweep_summary(rows, settings)
    for path in filter(None, (folder / 'summary.json', args.json)):
        write_json(path, summary)
    (folder / 'sweep.png').write_bytes(draw_sweep(rows))
    print(sweep_table(rows))
    print(f'results in {folder}/summary.json, figure in {folder}/sweep.png')
    return 0


def _journal(args: argparse.Namespace, name: str, facts: dict[str, Any]) -> Journal:
    """Begin a run, or go on with one of the same deployment and policies."""
    if args.resume:
        return Journal.resume(args.resume, facts)
    return Journal.begin(make_run_folder(name, args.runs), args.arguments, facts)


@contextmanager
def _told_how_to_go_on(journal: Journal) -> Iterator[None]:
    try:
        yield
    except BaseException:
        journal.tell_how_to_go_on()
        raise


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


def _problem_lines(results: list[EpisodeResult]) -> Iterator[str]:
    """Yield what kept answers of the policy from the arm, over all episodes."""
    if failed := sum(result.failed_inferences for result in results):
        last = next(r.inference_failure for r in reversed(results) if r.failed_inferences)
        yield f'{failed} inferences failed; the last: {last}'
    refused = [result.chunk_refusal for result in results if result.chunk_refusal]
    if refused:
        yield f'chunks were refused in {len(refused)} episodes; the last: {refused[-1]}'


def _mean(values: list[float | None], unit: str = 'ms') -> str:
    known = [value for value in values if value is not None]
    return f'{sum(known) / len(known):.3g} {unit}' if known else 'unavailable'
