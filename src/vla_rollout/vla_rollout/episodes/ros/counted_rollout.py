"""Counted episodes on a running graph, from arguments to results on disk."""

import argparse
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions
from vla_contract.cli.command import write_json
from vla_contract.contract import load_contract
from vla_rollout.deployment.supervised import SupervisedDeployment
from vla_rollout.diagnosis.healthy import find_healthy
from vla_rollout.episodes.control import EpisodeControl
from vla_rollout.episodes.episode import episode_line, EpisodeResult, summarise, summary_line
from vla_rollout.episodes.keys import EpisodeKeys, keys_line, press
from vla_rollout.episodes.provenance import provenance
from vla_rollout.episodes.ros.runner import EpisodeRunner
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.graph.ros.graph import Check, RolloutGraph
from vla_rollout.web.ros.web_monitor import web_page
from vla_sim_bridge.scene.world_config import load_world_config

# A large policy takes minutes to load; a node that died is noticed at once.
_READY_S = 300.0


def run_rollout(
    args: argparse.Namespace,
    folder: Path,
    domain_id: int | None,
    check: Check,
    control: EpisodeControl,
) -> list[EpisodeResult]:
    """Run `args.episodes` episodes, print a line for each, and keep summary.json current.

    An episode that the operator discards is run again and does not count.

    Returns:
        Every episode, also those that do not count.

    Raises:
        VlaError: the graph does not answer, or `check` found a dead process.
    """
    contract = load_contract(args.robot)
    limit_s = args.time_limit_s or load_world_config(args.world).time_limit_s
    healthy = find_healthy(args.policy, contract)
    facts = _facts(provenance(contract, args), args.operator)
    deployment = SupervisedDeployment.of(args, facts)
    context = rclpy.Context()
    rclpy.init(
        args=args.ros_arguments,
        context=context,
        domain_id=domain_id,
        signal_handler_options=SignalHandlerOptions.NO,
    )
    graph = RolloutGraph(context, contract, check, healthy, control, not args.operator)
    runner = EpisodeRunner(graph, control, limit_s, contract.cameras[0].rate_hz, _tell)
    results: list[EpisodeResult] = []
    page = ExitStack()
    try:
        write_json(folder / 'summary.json', summarise(results, _settings(args)))
        if args.web is not None:
            web = web_page(context, contract, args.web, graph.has_simulator)
            _tell(f'live view: {page.enter_context(web)}')
        graph.wait_until_ready(_READY_S)
        while (number := _counted(results) + 1) <= args.episodes:
            seed = args.first_seed + number - 1
            video = folder / 'videos' / f'episode_{number:02d}_seed_{seed}.mp4'
            if deployment:
                graph.set_speed(deployment.next_speed())
            result = runner.run(seed, video, facts if args.record else None)
            if result is None:
                break
            results.append(result)
            if deployment and result.is_counted:
                deployment.count(result)
            _tell(episode_line(number, args.episodes, result))
            write_json(folder / 'summary.json', summarise(results, _settings(args)))
            if control.is_stopped:
                break
    except BaseException as error:
        # Whatever it was: nothing moves that nobody watches.
        how = graph.rest()
        graph.recorder.abandon(str(error) or type(error).__name__)
        with suppress(OSError):
            _tell(how)
        raise
    finally:
        page.close()
        graph.close()
        rclpy.try_shutdown(context=context)
    return results


def report(args: argparse.Namespace, folder: Path, results: list[EpisodeResult]) -> None:
    """Print the last lines of a run, and write --json."""
    if args.json:
        write_json(args.json, summarise(results, _settings(args)))
    print(summary_line(results))
    print(f'results: {folder}/summary.json   videos: {folder}/videos/')


def rollout(args: argparse.Namespace) -> int:
    """Run episodes on the graph that is already there."""
    folder = make_run_folder('rollout', args.runs)
    control = EpisodeControl()
    with EpisodeKeys(lambda key: _tell(press(control, key))) as keys:
        if keys.is_active:
            _tell(keys_line())
        results = run_rollout(args, folder, None, lambda: None, control)
    report(args, folder, results)
    return 0


def _facts(facts: dict[str, Any], operator: str | None) -> dict[str, Any]:
    """Return what a record says of the run: the simulated world, or the person instead."""
    if operator is None:
        return facts
    simulated = ('world', 'randomization')
    return {'operator': operator, **{k: v for k, v in facts.items() if k not in simulated}}


def _counted(results: list[EpisodeResult]) -> int:
    return sum(result.is_counted for result in results)


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    names = ('robot', 'world', 'randomization', 'policy', 'backend', 'first_seed', 'episodes')
    return _facts({name: getattr(args, name) for name in names}, args.operator)


def _tell(line: str) -> None:
    if line:
        print(line, flush=True)
