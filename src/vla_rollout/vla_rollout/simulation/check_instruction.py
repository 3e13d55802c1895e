"""Measure instruction following: every scene with the original and another object.

A policy that ignores the text can still look good: it succeeds whenever it happens to prefer what
was named. Told otherwise in the very same scene, it then lifts the wrong object.
"""

import argparse
import sys

from vla_contract.cli import number_types
from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.terminal import announce
from vla_rollout.arguments import add_episodes, add_loop, add_setup, parse_resumable
from vla_rollout.simulation.unused_options import refuse_unused


def _run(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    # The simulator takes a while to import: not for --help, nor for a misspelt option.
    announce('loading the simulator and the policy')
    from vla_rollout.simulation.instruction_pairs import check_instruction
    from vla_rollout.simulation.journal import arguments_of

    if args.resume:
        args.arguments = [*arguments_of(args.resume), *args.arguments]
        parser.parse_args(args.arguments, args)
    return check_instruction(args)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'check instruction',
        'Run every scene with both instructions and report which cube was lifted.',
        'vla check instruction --episodes 100 --policy my_policy',
    )
    add_episodes(parser)
    add_setup(parser)
    add_loop(parser)
    parser.set_defaults(deployment='panda_lift_named_cube')
    parser.add_argument('--held-out', action='store_true', help='phrasings not trained on')
    parser.add_argument(
        '--least', type=number_types.share, default=0.9, help='share that must be obeyed'
    )
    args = parse_resumable(parser, argv)
    refuse_unused(parser, args)
    return run_command(lambda: _run(parser, args))


if __name__ == '__main__':
    sys.exit(main())
