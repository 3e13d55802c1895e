"""What only a person can answer; the answers are signed and kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, UTC

from vla_contract.check import Check, skipped, Status

QUESTIONS = (
    'the emergency stop of the robot is in reach of your hand',
    'nobody is inside the reach of the arm, and nobody will step in',
    'the cameras stand and look as they did when they were calibrated',
    'soft objects lie ready for the first five episodes',
)


@dataclass(frozen=True)
class Operator:
    """Who answers.

    Attributes:
        name: written under every answer; empty leaves the questions open.
        ask: puts a question and returns the answer.
    """

    name: str
    ask: Callable[[str], str]


def check_question(question: str, operator: Operator) -> Check:
    """Ask a question; what nobody is there to answer stays open."""
    if not operator.name:
        return skipped(question, 'not asked', 'yes', 'run preflight with --operator NAME')
    yes = operator.ask(f'{question}? [y/N] ').strip().lower() in ('y', 'yes')
    status = Status.OK if yes else Status.FAIL
    stamp = datetime.now(UTC).isoformat(timespec='seconds')
    found = f'{"yes" if yes else "no"}, {operator.name}, {stamp}'
    return Check(question, status, found, 'yes', '' if yes else 'make it so, then run again')
