"""How a command with a journal begins, goes on, and says how to go on."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vla_contract.errors import VlaError
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.simulation.journal import Journal


def journal_of(args: argparse.Namespace, name: str, facts: dict[str, Any]) -> Journal:
    """Begin a run, or go on with one of the same deployment and policies."""
    if args.resume:
        return Journal.resume(args.resume, facts)
    return Journal.begin(make_run_folder(name, args.runs), args.arguments, facts)


@contextmanager
def told_how_to_go_on(journal: Journal, command: str) -> Iterator[None]:
    """Say how to go on with a run of a command, whatever ends it before its end.

    One whose first episodes are refused would be refused again, and is none to go on with.
    """
    try:
        yield
    except BaseException as error:
        if journal.done or not isinstance(error, VlaError):
            journal.tell_how_to_go_on(command)
        raise
