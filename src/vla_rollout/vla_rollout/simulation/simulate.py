"""Run counted episodes in the simulator, in one process or several, without ROS."""

import argparse
import sys

from vla_contract.cli import number_types
from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.terminal import announce
from vla_rollout.arguments import add_episodes, add_least, add_loop, add_setup, parse_resumable
from vla_rollout.simulation.unused_options import refuse_unused, refuse_workers_beside_ray


def _run(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    # The simulator takes a while to import: not for --help, nor for a misspelt option.
    announce('loading the simulator and the policy')
    from vla_rollout.simulation.counted_runs import simulate, sweep
    from vla_rollout.simulation.journal import arguments_of

    if args.resume:
        args.arguments = [*arguments_of(args.resume), *args.arguments]
        parser.parse_args(args.arguments, args)
        refuse_workers_beside_ray(parser, args)
    return sweep(args) if args.sweep else simulate(args)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'sim run',
        'Counted episodes in one process, without DDS: fast, deterministic, parallel.',
        'vla sim run --episodes 100',
    )
    add_episodes(parser, episodes=20)
    add_least(parser)
    add_setup(parser)
    parser.add_argument('--workers', type=number_types.workers, default=2, help='processes')
    add_loop(parser)
    parser.add_argument('--video', action='store_true', help='write one video per episode')
    parser.add_argument(
        '--sweep',
        nargs='+',
        metavar='DOMAIN',
        help='randomisations one after another; tutorial:each takes its terms one at a time',
    )
    parser.add_argument('--compare', help='with --sweep: a second policy, and the difference')
    parser.add_argument('--ray', metavar='ADDRESS', help='with --sweep: run on this Ray cluster')
    parser.add_argument(
        '--verbose', '-v', action='store_true', help='also what the filter and the schedule did'
    )
    args = parse_resumable(parser, argv)
    refuse_unused(parser, args)
    return run_command(lambda: _run(parser, args))


if __name__ == '__main__':
    sys.exit(main())
