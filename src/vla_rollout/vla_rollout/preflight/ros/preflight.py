"""Go through the checklist before a deployment."""

import argparse
from contextlib import nullcontext
from datetime import datetime, UTC
from pathlib import Path
import sys

from vla_contract.cli.command import (
    command_parser,
    DONE,
    INTERRUPTED,
    NOT_GOOD_ENOUGH,
    run_command,
)
from vla_contract.cli.deployment_arguments import deployment_of
from vla_contract.errors import VlaError
from vla_contract.ros.node.graph_arguments import parse_in_graph
from vla_rollout.arguments import add_setup
from vla_rollout.episodes.provenance import provenance
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.graph.ros.interruption import once_interrupted
from vla_rollout.preflight.page import all_hold, write_checklist
from vla_rollout.preflight.ros.checklist import Checklist
from vla_rollout.preflight.ros.sign_of_life import SignOfLife


def preflight(args: argparse.Namespace) -> int:
    """Go through everything, print each item as it comes, write JSON and page.

    Whatever ends it early, what was found is written; unless all holds, the filter is locked.

    Raises:
        VlaError: an item could not be looked at.
    """
    life = nullcontext() if args.without_robot else SignOfLife(args.ros_arguments)
    with life as supervisor:
        status = NOT_GOOD_ENOUGH
        try:
            status = _go_through(args)
        finally:
            if supervisor is not None and status != DONE and (said := supervisor.lock()):
                print(said, flush=True)
    return status


def _go_through(args: argparse.Namespace) -> int:
    checklist = Checklist(args, deployment_of(args))
    folder = make_run_folder('preflight', args.runs)
    status, problem = NOT_GOOD_ENOUGH, None
    try:
        once_interrupted(lambda: _print_all(checklist))
    except EOFError:
        print('\n' + checklist.end_early('nobody answers: the input has ended').line)
    except KeyboardInterrupt:
        print('\n' + checklist.end_early('interrupted').line)
        status = INTERRUPTED
    except VlaError as error:
        checklist.end_early(str(error))
        problem = error
    deployment = checklist.deployment
    facts = provenance(deployment, checklist.identity, args.randomization)
    facts |= {
        'operator': args.operator,
        'date': datetime.now(UTC).isoformat(timespec='seconds'),
    }
    write_checklist(folder, checklist.found, facts, args.json)
    passed = all_hold(checklist.found)
    print(f'{"passed" if passed else "NOT passed"}: {folder}/preflight.html', flush=True)
    if problem is not None:
        raise problem
    return DONE if passed else status


def _print_all(checklist: Checklist) -> None:
    for finding in checklist.findings():
        print(finding.line, flush=True)


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
    parser.add_argument('--runs', type=Path, default=Path('runs'), help='folder of the runs')
    parser.add_argument('--json', type=Path, help='also write the result here')
    args = parse_in_graph(parser, argv)
    return run_command(lambda: preflight(args))


if __name__ == '__main__':
    sys.exit(main())
