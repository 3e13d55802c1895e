"""Go through the checklist before a deployment."""

import argparse
from pathlib import Path
import sys

from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.path_types import file_to_write, folder_to_write
from vla_contract.cli.terminal import announce
from vla_contract.ros.node.graph_arguments import parse_in_graph
from vla_rollout.arguments import add_setup


def _run(args: argparse.Namespace) -> int:
    # What measures takes a while to import: not for --help.
    announce('loading the deployment')
    from vla_rollout.preflight.ros.preflight_run import preflight

    return preflight(args)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'rollout preflight',
        'The checklist before a deployment: measured where software can, asked where it cannot. '
        'Robot, cameras and action filter run; the policy server does not. It asks before '
        'anything moves. Status 0 only when every item holds.',
        'vla rollout preflight --deployment my_deployment --operator "A. Smith"',
    )
    add_setup(parser)
    parser.add_argument('--operator', default='', help='your name, under what only you can answer')
    parser.add_argument('--frames', type=Path, help='dataset of this robot, for real frames')
    parser.add_argument('--without-robot', action='store_true', help='what needs no robot')
    parser.add_argument('--yes', action='store_true', help='move without asking')
    parser.add_argument(
        '--e-stop-from-here',
        action='store_true',
        help='nobody has a device that publishes e_stop: preflight presses itself, and says so',
    )
    parser.add_argument(
        '--runs', type=folder_to_write, default=Path('runs'), help='folder of the runs'
    )
    parser.add_argument(
        '--resume',
        type=Path,
        metavar='PREFLIGHT.json',
        help='go on with a checklist that was broken off: what held is kept, the rest is done',
    )
    parser.add_argument('--json', type=file_to_write(), help='also write the result here')
    args = parse_in_graph(parser, argv)
    return run_command(lambda: _run(args))


if __name__ == '__main__':
    sys.exit(main())
