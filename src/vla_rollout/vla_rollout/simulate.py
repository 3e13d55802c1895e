"""Counted episodes in one process, without DDS: fast, deterministic, parallel."""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
import multiprocessing
from pathlib import Path
import sys
import time
from typing import Any

from tqdm import tqdm
from vla_action_filter.config import FilterConfig, load_filter_config
from vla_contract.command import command_parser, positive, run_command, write_json
from vla_contract.contract import load_contract
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.chunk_scheduler import MODES
from vla_rollout.arguments import add_deployment, add_episodes
from vla_rollout.closed_loop import ClosedLoop
from vla_rollout.cycle import CycleObserver
from vla_rollout.episode import EpisodeResult, summarise, summary_line
from vla_rollout.run_folder import make_run_folder
from vla_rollout.video import VideoWriter
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.world import World
from vla_sim_bridge.world_config import load_world_config

# Every worker process holds one loop, built once.
_loop: ClosedLoop | None = None


def build_loop(settings: dict[str, Any], observers: Sequence[CycleObserver] = ()) -> ClosedLoop:
    """Build world, policy and filter; observers watch every cycle.

    Raises:
        VlaError: one of them cannot be built; nothing has been written.
    """
    _use_one_thread()
    contract = load_contract(settings['robot'])
    world = World(
        contract,
        load_world_config(settings['world']),
        load_randomization(settings['randomization']),
    )
    policy = make_policy(
        settings['backend'],
        contract,
        settings['policy'],
        settings['device'],
        settings['precision'],
    )
    return ClosedLoop(
        world,
        policy,
        filter_config(settings['filter'], settings['robot']),
        settings['execute_steps'],
        settings['latency_s'],
        settings['blank_images'],
        settings['mode'],
        observers,
    )


def add_loop(parser: argparse.ArgumentParser) -> None:
    """Add what `build_loop` needs beside robot, world and policy."""
    parser.add_argument(
        '--precision', default='', help='how the network is computed; vla_policy_server.benchmark'
    )
    parser.add_argument('--mode', default='async', choices=MODES, help='when inference starts')
    parser.add_argument('--execute-steps', type=positive, default=8, help='steps per inference')
    parser.add_argument('--latency-s', type=float, default=0.06, help='simulated inference time')
    parser.add_argument(
        '--filter', default='default', help='default, off, or a parameter file of action_filter'
    )
    parser.add_argument('--blank-images', action='store_true', help='black images: must fail')


def loop_settings(args: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of `build_loop` from parsed arguments."""
    return {
        key: getattr(args, key)
        for key in ('robot', 'world', 'randomization', 'backend', 'policy', 'device', 'filter')
        + ('precision', 'mode', 'execute_steps', 'latency_s', 'blank_images')
    }


def filter_config(name: str, robot: str) -> FilterConfig | None:
    """Return the filter's settings: the defaults, those of a parameter file, or None for off.

    Raises:
        VlaError: the file cannot be read, or a value is unknown or out of range.
    """
    if name == 'off':
        return None
    return load_filter_config(None if name == 'default' else Path(name), robot)


def _use_one_thread() -> None:
    """Give every worker one torch thread: results must not depend on how many share the cores."""
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


def _start_worker(settings: dict[str, Any]) -> None:
    global _loop
    _loop = build_loop(settings)


def _run_seed(seed: int, videos: Path | None) -> EpisodeResult:
    if _loop is None:
        raise RuntimeError('the worker has no loop')
    if videos is None:
        return _loop.run(seed)
    with VideoWriter(videos / f'seed_{seed}.mp4', fps=_loop.frame_hz) as video:
        return _loop.run(seed, lambda images: video.write(next(iter(images.values()))))


def run_seeds(
    settings: dict[str, Any], seeds: range, workers: int, videos: Path | None
) -> Iterator[EpisodeResult]:
    """Yield results in the order of the seeds, whatever the number of workers."""
    run = partial(_run_seed, videos=videos)
    if workers == 1:
        _start_worker(settings)
        yield from map(run, seeds)
        return
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(workers, context, _start_worker, (settings,)) as pool:
        yield from pool.map(run, seeds)


def simulate(args: argparse.Namespace) -> int:
    """Run the episodes and write summary.json."""
    settings = loop_settings(args)
    # Built here first, so that a wrong name is one sentence and leaves no empty run behind.
    load_world_config(args.world)
    load_randomization(args.randomization)
    filter_config(args.filter, args.robot)
    make_policy(args.backend, load_contract(args.robot), args.policy, args.device, args.precision)
    folder = make_run_folder('simulate', args.runs)
    videos = folder / 'videos' if args.video else None
    seeds = range(args.first_seed, args.first_seed + args.episodes)
    results: list[EpisodeResult] = []
    started = time.monotonic()
    progress = tqdm(total=len(seeds), unit='episode')
    for result in run_seeds(settings, seeds, args.workers, videos):
        results.append(result)
        progress.set_postfix(success=f'{sum(r.success for r in results)}/{len(results)}')
        progress.update()
    progress.close()
    wall_s = time.monotonic() - started
    simulated_s = sum(result.duration_s for result in results)
    summary = summarise(results, settings)
    summary['timing'] = {
        'wall_s': round(wall_s, 2),
        'simulated_s': round(simulated_s, 2),
        'realtime_factor': round(simulated_s / wall_s, 2),
    }
    for path in filter(None, (folder / 'summary.json', args.json)):
        write_json(path, summary)
    print(summary_line(results))
    print(_filter_line(results))
    print(_schedule_line(results))
    print(f'{simulated_s / wall_s:.1f} x real time; results in {folder}/summary.json')
    failed = [result.seed for result in results if not result.success]
    if failed:
        print(f'failed seeds: {" ".join(map(str, failed))}')
    return 0


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


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'vla_rollout.simulate',
        'Counted episodes in one process, without DDS: fast, deterministic, parallel.',
        'python -m vla_rollout.simulate --episodes 100',
    )
    add_episodes(parser, episodes=20)
    add_deployment(parser)
    parser.add_argument('--workers', type=positive, default=2, help='processes')
    add_loop(parser)
    parser.add_argument('--video', action='store_true', help='write one video per episode')
    args = parser.parse_args(argv)
    return run_command(lambda: simulate(args))


if __name__ == '__main__':
    sys.exit(main())
