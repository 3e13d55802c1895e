"""Counted episodes on a running graph."""

import argparse
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
import sys
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions
from vla_contract.command import command_parser, run_command, write_json
from vla_contract.contract import load_contract
from vla_contract.values import to_ns
from vla_rollout.arguments import add_deployment, add_episodes, add_one_worker, add_record
from vla_rollout.diagnosis.healthy import find_healthy
from vla_rollout.episode import episode_line, EpisodeResult, summarise, summary_line
from vla_rollout.provenance import provenance
from vla_rollout.ros.graph import Check, RolloutGraph
from vla_rollout.run_folder import make_run_folder
from vla_rollout.supervised_deployment import add_deployment_gate, SupervisedDeployment
from vla_rollout.video import VideoWriter
from vla_sim_bridge.world_config import load_world_config

_READY_S = 90.0


def run_episode(
    graph: RolloutGraph,
    seed: int,
    time_limit_s: float,
    video: Path | None,
    fps: float,
    record_as: Mapping[str, Any] | None = None,
) -> EpisodeResult:
    """Reset, run until success, failure or the time limit, and bring the arm to rest.

    Args:
        graph: a graph whose nodes are ready.
        seed: seed of the simulator's reset.
        time_limit_s: the episode fails after this much time of the graph [s].
        video: file for the frames of the first camera, or None.
        fps: frame rate of the video [Hz].
        record_as: what the recording says beside the outcome; None records nothing.
    """
    graph.pause()
    manifest = graph.reset_world(seed)
    if record_as is not None:
        graph.start_recording()
    with VideoWriter(video, fps) if video else nullcontext() as writer:
        graph.monitor.begin(writer)
        if graph.diagnosis:
            graph.diagnosis.begin()
        start_ns = graph.now_ns()
        graph.resume()
        end_ns = start_ns + to_ns(time_limit_s)
        # Simulated time may run slower than the clock on a loaded machine, but not for ever.
        graph.wait_until(
            lambda: (
                graph.monitor.success or bool(graph.monitor.failure) or graph.now_ns() >= end_ns
            ),
            60.0 + 20.0 * time_limit_s,
            'the end of the episode',
        )
        success, failure = graph.monitor.success, graph.monitor.failure
        stop_ns = graph.now_ns()
        alarms = graph.diagnosis.end() if graph.diagnosis else []
        graph.pause()
        graph.monitor.end()
    counters = graph.monitor.counters()
    result = EpisodeResult(
        seed=seed,
        success=success,
        termination='success' if success else failure or 'timeout',
        duration_s=(stop_ns - start_ns) / 1e9,
        interventions=counters.get('interventions', 0),
        chunks=graph.monitor.chunks,
        chunk_latency_p50_ms=graph.monitor.latency_ms(50),
        chunk_latency_p95_ms=graph.monitor.latency_ms(95),
        filter_counters=counters,
        failure_mode=str(alarms[0].cause.mode) if alarms and not success else None,
        alarms=[f'{alarm.at_s:.2f} s: {alarm}' for alarm in alarms],
        manifest=manifest,
        video=f'videos/{video.name}' if video else None,
    )
    if record_as is None:
        return result
    outcome = {'outcome': 'success' if success else 'failure', **result.as_dict()}
    return replace(result, recording=graph.stop_recording({**record_as, **outcome}).name)


def run_rollout(
    args: argparse.Namespace, folder: Path, domain_id: int | None, check: Check
) -> list[EpisodeResult]:
    """Run `args.episodes` episodes, print a line for each, and keep summary.json current.

    Raises:
        VlaError: the graph does not answer, or `check` found a dead process.
    """
    contract = load_contract(args.robot)
    limit_s = load_world_config(args.world).time_limit_s
    context = rclpy.Context()
    rclpy.init(
        context=context, domain_id=domain_id, signal_handler_options=SignalHandlerOptions.NO
    )
    graph = RolloutGraph(context, contract, check, find_healthy(args.policy, contract))
    facts = provenance(contract, args)
    deployment = SupervisedDeployment.of(args, facts)
    record_as = facts if args.record else None
    results: list[EpisodeResult] = []
    write_json(folder / 'summary.json', summarise(results, _settings(args)))
    try:
        graph.wait_until_ready(_READY_S)
        for number in range(1, args.episodes + 1):
            seed = args.first_seed + number - 1
            video = folder / 'videos' / f'episode_{number:02d}_seed_{seed}.mp4'
            if deployment:
                graph.set_speed(deployment.next_speed())
            fps = contract.cameras[0].rate_hz
            result = run_episode(graph, seed, limit_s, video, fps, record_as)
            results.append(result)
            if deployment:
                deployment.count(result)
            print(episode_line(number, args.episodes, result), flush=True)
            write_json(folder / 'summary.json', summarise(results, _settings(args)))
    finally:
        graph.close()
        rclpy.try_shutdown(context=context)
    return results


def report(args: argparse.Namespace, folder: Path, results: list[EpisodeResult]) -> None:
    """Print the last lines of a run, and write --json."""
    if args.json:
        write_json(args.json, summarise(results, _settings(args)))
    print(summary_line(results))
    print(f'results: {folder}/summary.json   videos: {folder}/videos/')


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    names = ('robot', 'world', 'randomization', 'policy', 'backend', 'first_seed', 'episodes')
    return {name: getattr(args, name, None) for name in names}


def rollout(args: argparse.Namespace) -> int:
    """Run episodes on the graph that is already there."""
    folder = make_run_folder('rollout', args.runs)
    report(args, folder, run_rollout(args, folder, None, lambda: None))
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'vla_rollout.ros.rollout',
        'Counted episodes on a running graph: reset, run, time-out, success, videos, interval.',
        'ros2 run vla_rollout rollout --episodes 20   # while sim.launch.py runs',
    )
    add_episodes(parser)
    add_deployment(parser)
    add_one_worker(parser)
    add_record(parser)
    add_deployment_gate(parser)
    args = parser.parse_args(argv)
    return run_command(lambda: rollout(args))


if __name__ == '__main__':
    sys.exit(main())
