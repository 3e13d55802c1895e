"""Counted episodes on a running graph, from arguments to results on disk."""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack, suppress
import json
from pathlib import Path
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions
from vla_contract.cli.command import write_json
from vla_contract.cli.deployment_arguments import deployment_of
from vla_contract.cli.terminal_keys import TerminalKeys
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import VlaError
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_policy_server.wire.server_settings import ServerSettings
from vla_rollout.conclusion import conclude
from vla_rollout.deployment.supervised import require_slow_start, SupervisedSlowStart
from vla_rollout.diagnosis.healthy import find_healthy, learned_line
from vla_rollout.diagnosis.training import find_training
from vla_rollout.episodes.control import EpisodeControl
from vla_rollout.episodes.episode import episode_line, EpisodeResult, summarise, summary_line
from vla_rollout.episodes.keys import keys_line, press
from vla_rollout.episodes.policy_label import policy_label
from vla_rollout.episodes.provenance import place_of, provenance, recorded_settings
from vla_rollout.episodes.ros.runner import EpisodeRunner
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.episodes.served_policy import described
from vla_rollout.graph.ros.graph import RolloutGraph
from vla_rollout.graph.ros.interruption import raise_if_interrupted
from vla_rollout.graph.ros.stack_run import Check
from vla_rollout.web.arguments import web_settings
from vla_rollout.web.progress import RunProgress
from vla_rollout.web.ros.web_monitor import web_page

# A policy that says it is loading may take longer; a node that died is noticed at once.
_READY_S = 300.0


def run_rollout(
    args: argparse.Namespace,
    folder: Path,
    domain_id: int | None,
    check: Check,
    control: EpisodeControl,
    web: ServerSettings | None = None,
    beside: Sequence[str] = (),
    appear_s: float | None = None,
) -> list[EpisodeResult]:
    """Run `args.episodes` episodes, print a line for each, and keep summary.json current.

    An episode that the operator discards is run again and does not count. With `web` an operator
    sits at a page. Nodes that are named as `beside` have to be active before the first episode.
    With `appear_s` somebody else started the nodes: they are there after so many seconds.

    Returns:
        Every episode, also those that do not count.

    Raises:
        VlaError: the graph does not answer, `check` found a dead process, the policy may not move
            the arm, or another one is served in mid-run.
    """
    deployment = deployment_of(args)
    cell, place = deployment.cell, place_of(deployment.cell)
    limit_s = args.time_limit_s or deployment.task.time_limit_s
    context = rclpy.Context()
    rclpy.init(
        args=args.ros_arguments,
        context=context,
        domain_id=domain_id,
        signal_handler_options=SignalHandlerOptions.NO,
    )
    progress = RunProgress(args.episodes)

    def tell(line: str) -> None:
        _tell(line)
        progress.say(line, control.phase)

    graph = RolloutGraph(context, cell, check, control, not args.operator, tell)
    runner = EpisodeRunner(
        graph, control, limit_s, cell.cameras[0].rate_hz, tell, is_attended=web is not None
    )
    results: list[EpisodeResult] = []
    page = ExitStack()
    try:
        if web is not None:
            shown = web_page(context, cell, web, graph.has_simulator, control, progress)
            _tell(f'page: {page.enter_context(shown)}')
        hint = 'vla up, or ros2 launch, starts them' if appear_s is not None else ''
        graph.wait_until_ready(_READY_S, beside, appear_s, hint)
        # What stands in the results is what the policy server says, not the arguments.
        identity = graph.begin()
        _tell(_other_than_named(deployment, identity))
        facts = _facts(provenance(deployment, identity, args.randomization, place), args.operator)
        slow_start = SupervisedSlowStart.of(args, facts)
        healthy = find_healthy(deployment, identity)
        learned = learned_line(deployment, healthy)
        _tell(f'failure diagnosis: {learned}')
        graph.diagnose(deployment, healthy, find_training(deployment, identity))
        settings = _settings(args, deployment, identity) | {'diagnosis': learned}
        write_json(folder / 'summary.json', summarise(results, settings))
        while (number := _counted(results) + 1) <= args.episodes:
            seed = args.first_seed + number - 1
            video = folder / 'videos' / f'episode_{number:02d}_seed_{seed}.mp4'
            if slow_start:
                graph.set_speed(slow_start.next_speed())
            result = runner.run(seed, video, facts if args.record else None)
            if result is None:
                break
            results.append(result)
            if slow_start and result.is_counted:
                slow_start.count(result)
            if graph.recorder.folder is not None:
                settings['recordings'] = _within(graph.recorder.folder, folder)
            progress.take(results)
            tell(episode_line(number, args.episodes, result))
            write_json(folder / 'summary.json', summarise(results, settings))
            if control.is_stopped:
                break
        progress.finish(_finished(args, folder, results))
    except BaseException as error:
        # Whatever it was: nothing moves that nobody watches.
        how = graph.rest()
        progress.finish(f'ended by an error: {error}; {how}')
        graph.recorder.abandon(str(error) or type(error).__name__)
        with suppress(OSError):
            _tell(how)
        raise
    finally:
        page.close()
        graph.close()
        rclpy.try_shutdown(context=context)
    return results


def report(args: argparse.Namespace, folder: Path, results: list[EpisodeResult]) -> int:
    """Print the last lines of a run, write --json, and return the exit status."""
    summary = json.loads((folder / 'summary.json').read_text())
    if args.json:
        write_json(args.json, summary)
    facts = (str(summary['settings'].get(name) or '') for name in ('backend', 'source', 'policy'))
    print(f'results: {folder}/summary.json   videos: {folder}/videos/')
    return conclude(policy_label(*facts), results, folder, args.least)


def rollout(args: argparse.Namespace) -> int:
    """Run episodes on the graph that is already there.

    Raises:
        VlaError: as `run_rollout`, or the robot is real and nobody is named who judges.
    """
    deployment = deployment_of(args)
    require_slow_start(args)
    _require_used(args)
    if deployment.real and not args.operator:
        raise VlaError(
            f'deployment {deployment.name} is of a real robot: operator: found none; allowed: the '
            'person who places the object and judges, --operator NAME'
        )
    web = web_settings(args)
    folder = make_run_folder('rollout', args.runs)
    control = EpisodeControl()
    with TerminalKeys(lambda key: _tell(press(control, key))) as keys:
        if keys.is_active:
            _tell(keys_line())
        results = run_rollout(
            args, folder, None, raise_if_interrupted, control, web, appear_s=args.wait_s
        )
    return report(args, folder, results)


def _require_used(args: argparse.Namespace) -> None:
    """Refuse what a graph that is already there does not look at.

    Raises:
        VlaError: names the option.
    """
    if args.device != 'cpu':
        raise VlaError(
            f'--device {args.device}: the policy server that runs has its own; allowed: without '
            'the option, and device:= where that is launched'
        )
    if args.operator and args.randomization != 'none':
        raise VlaError(
            f'--randomization {args.randomization}: with --operator a person places the objects; '
            'allowed: without the option'
        )


def _facts(facts: dict[str, Any], operator: str | None) -> dict[str, Any]:
    """Return what a record says of the run: what was randomised, or the person instead."""
    if operator is None:
        return facts
    return {'operator': operator, **{k: v for k, v in facts.items() if k != 'randomization'}}


def _finished(args: argparse.Namespace, folder: Path, results: list[EpisodeResult]) -> str:
    """Return what the page says at the end."""
    return (
        f'finished: {_counted(results)} of {args.episodes} episodes; {summary_line(results)}; '
        f'report: vla rollout report {folder}'
    )


def _counted(results: list[EpisodeResult]) -> int:
    return sum(result.is_counted for result in results)


def _within(path: Path, folder: Path) -> str:
    """Return a path relative to a folder that it is in, or as it is."""
    inside = path.resolve().is_relative_to(folder.resolve())
    return str(path.resolve().relative_to(folder.resolve()) if inside else path)


def _settings(
    args: argparse.Namespace, deployment: Deployment, identity: PolicyIdentity
) -> dict[str, Any]:
    names = ('randomization', 'first_seed', 'episodes')
    settings = {name: getattr(args, name) for name in names}
    return _facts(recorded_settings(args, deployment, identity, settings), args.operator)


def _other_than_named(deployment: Deployment, identity: PolicyIdentity) -> str:
    """Return what to say when the server serves another policy than the arguments name."""
    named, cell = deployment.policy, deployment.cell
    if identity.cell_sha256 != cell.sha256:
        return f'policy_server runs in another cell than {cell.name}, which the arguments name'
    if (identity.policy, identity.backend) == (named.name, named.backend):
        return ''
    return (
        f'policy_server serves {described(identity)}, not {named.name} (backend {named.backend}) '
        'as the arguments say; the results are of what it serves'
    )


def _tell(line: str) -> None:
    if line:
        print(line, flush=True)
