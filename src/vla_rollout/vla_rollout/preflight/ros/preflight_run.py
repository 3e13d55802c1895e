"""The checklist from arguments to what is written, and the lock of the filter where it fails."""

import argparse
from contextlib import nullcontext
from datetime import datetime, UTC

from vla_contract.check import Check
from vla_contract.cli.command import DONE, INTERRUPTED, NOT_GOOD_ENOUGH
from vla_contract.cli.deployment_arguments import deployment_of
from vla_contract.cli.terminal import print_check
from vla_contract.errors import VlaError
from vla_rollout.episodes.provenance import place_of, provenance
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.graph.ros.interruption import once_interrupted, raise_if_interrupted
from vla_rollout.preflight.page import all_hold, write_checklist
from vla_rollout.preflight.progress import Progress, unfinished
from vla_rollout.preflight.record import read_unfinished, Record
from vla_rollout.preflight.ros.checklist import Checklist
from vla_rollout.preflight.ros.sign_of_life import SignOfLife
from vla_rollout.preflight.subject import Subject


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


class _Run:
    """One checklist on its way to disk.

    Attributes:
        folder: of its page.
        file: the JSON that it can be resumed from.
    """

    def __init__(self, args: argparse.Namespace, checklist: Checklist) -> None:
        """Begin, or go on with the one that the arguments name.

        Raises:
            VlaError: that one cannot be gone on with.
        """
        before = _resumed(args, checklist) if args.resume else None
        self._args, self._checklist = args, checklist
        self._place = place_of(checklist.deployment.cell)
        self._progress = Progress(before.kept if before else {})
        self._begun = before.date if before else datetime.now(UTC)
        self.folder = make_run_folder('preflight', args.runs, is_run=False)
        self.file = args.json or self.folder / 'preflight.json'

    def look_at_all(self) -> None:
        """Print every item; what was found is on disk before the next group, whatever comes."""
        for group in self._checklist.groups():
            for finding in self._progress.go_through(group):
                print_check(finding)
                raise_if_interrupted()
            self.write(unfinished(f'no further than {group.name}'))

    def write(self, rest: Check | None) -> bool:
        """Write what was found; return whether a deployment may begin.

        Args:
            rest: why not everything was looked at, None when it was.
        """
        args, checklist, found = self._args, self._checklist, self._progress.found
        facts = provenance(
            checklist.deployment, checklist.identity, args.randomization, self._place
        )
        facts |= {'operator': args.operator, 'date': self._begun.isoformat(timespec='seconds')}
        checks = [*found, rest] if rest else found
        write_checklist(self.folder, checks, facts, args.json, self._progress if rest else None)
        return rest is None and all_hold(checks)


def _go_through(args: argparse.Namespace) -> int:
    checklist = Checklist(args, deployment_of(args))
    run = _Run(args, checklist)
    status, problem, rest = NOT_GOOD_ENOUGH, None, None
    try:
        once_interrupted(run.look_at_all)
    except EOFError:
        rest = unfinished('nobody answers: the input has ended')
    except KeyboardInterrupt:
        rest, status = unfinished('interrupted'), INTERRUPTED
    except VlaError as error:
        rest, problem = unfinished(str(error)), error
    finally:
        checklist.close()
    passed = run.write(rest)
    if rest is not None and problem is None:
        print(f'\n{rest.line} {run.file}')
    print(f'{"passed" if passed else "NOT passed"}: {run.folder}/preflight.html', flush=True)
    if problem is not None:
        raise problem
    return DONE if passed else status


def _resumed(args: argparse.Namespace, checklist: Checklist) -> Record:
    """Return what a checklist that was broken off has found, for the arguments of the command.

    Its operator and its file are those of the arguments too, unless these name others.
    """
    cell = checklist.deployment.cell
    ours = Subject.at(place_of(cell), checklist.identify())
    record = read_unfinished(args.resume, ours, args.operator, datetime.now(UTC))
    args.operator, args.json = record.operator, args.json or args.resume
    return record
