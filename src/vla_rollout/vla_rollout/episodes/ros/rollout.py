"""Run counted episodes on a running graph, simulated or real."""

import argparse
from contextlib import ExitStack, suppress
import math
from pathlib import Path
import sys
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions
from vla_contract.cli.command import command_parser, run_command, write_json
from vla_contract.contract import load_contract
from vla_contract.ros.node.graph_arguments import parse_in_graph
from vla_rollout.arguments import (
    add_deployment,
    add_episodes,
    add_one_worker,
    add_record,
    add_web,
)
from vla_rollout.deployment.supervised import add_deployment_gate, SupervisedDeployment
from vla_rollout.diagnosis.healthy import find_healthy
from vla_rollout.episodes.control import EpisodeControl
from vla_rollout.episodes.episode import episode_line, EpisodeResult, summarise, summary_line
from vla_rollout.episodes.keys import EpisodeKeys, keys_line, press
from vla_rollout.episodes.provenance import provenance
from vla_rollout.episodes.ros.runner import EpisodeRunner
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.graph.ros.graph import Check, RolloutGraph
from vla_rollout.graph.ros.interruption import once_interrupted
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


def _add_operator(parser: argparse.ArgumentParser) -> None:
    """Add what a rollout without a simulator needs."""
    parser.add_argument(
        '--operator',
        metavar='NAME',
        help='a person, not the simulator, places objects, starts and labels every episode',
    )
    parser.add_argument(
        '--time-limit-s', type=_seconds, help="an episode ends then; default: the world's"
    )


def _seconds(text: str) -> float:
    """Parse a time above 0, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value < math.inf:
        raise argparse.ArgumentTypeError(f'found {text}; allowed: seconds above 0')
    return value


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


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'rollout run',
        'Counted episodes on a running graph: reset, run, time-out, success, videos, interval.\n'
        'Keys, or std_srvs/Trigger services rollout/ORDER, end and label an episode:\n'
        'start, success, failure, discard (runs again), pause, stop (ends the run).',
        'vla rollout run --episodes 20   # while sim.launch.py runs\n'
        '  vla rollout run --operator "A. Smith"   # on a robot',
    )
    add_episodes(parser)
    add_deployment(parser)
    _add_operator(parser)
    add_one_worker(parser)
    add_record(parser)
    add_web(parser)
    add_deployment_gate(parser)
    args = parse_in_graph(parser, argv)
    return run_command(lambda: once_interrupted(lambda: rollout(args)))


if __name__ == '__main__':
    sys.exit(main())
