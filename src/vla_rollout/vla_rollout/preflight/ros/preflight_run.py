"""The checklist from arguments to what is written, and the lock of the filter where it fails."""

import argparse
from contextlib import nullcontext
from datetime import datetime, UTC

from vla_contract.cli.command import DONE, INTERRUPTED, NOT_GOOD_ENOUGH
from vla_contract.cli.deployment_arguments import deployment_of
from vla_contract.errors import VlaError
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
