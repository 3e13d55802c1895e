"""Run counted episodes on a running graph, simulated or real."""

import argparse
import math
import sys

from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.number_types import real
from vla_contract.ros.node.graph_arguments import parse_in_graph
from vla_rollout.arguments import (
    add_episodes,
    add_least,
    add_one_worker,
    add_record,
    add_setup,
)
from vla_rollout.deployment.supervised import add_slow_start
from vla_rollout.graph.ros.interruption import once_interrupted
from vla_rollout.web.arguments import add_web


def _run(args: argparse.Namespace) -> int:
    # What talks to the graph takes a while to import: not for --help.
    from vla_rollout.episodes.ros.counted_rollout import rollout

    return once_interrupted(lambda: rollout(args))


def _add_operator(parser: argparse.ArgumentParser) -> None:
    """Add what a rollout without a simulator needs."""
    parser.add_argument(
        '--operator',
        metavar='NAME',
        help='a person, not the simulator, places objects, starts and labels every episode',
    )
    parser.add_argument(
        '--time-limit-s', type=_seconds, help="an episode ends then; default: the task's"
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
    add_least(parser)
    add_setup(parser)
    _add_operator(parser)
    add_one_worker(parser)
    add_record(parser)
    add_web(parser)
    add_slow_start(parser)
    parser.add_argument(
        '--wait-s',
        type=real(0.0, 86_400.0, 's'),
        default=60.0,
        help='for each node of the graph to appear [s]',
    )
    args = parse_in_graph(parser, argv)
    return run_command(lambda: _run(args))


if __name__ == '__main__':
    sys.exit(main())
