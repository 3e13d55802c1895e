"""Work beside the processes of a stack, until it is done, interrupted, or one of them ends."""

from collections.abc import Callable
import threading

from vla_contract.cli.command import NOT_GOOD_ENOUGH, WRONG_USE
from vla_contract.cli.terminal import print_error
from vla_rollout.graph.ros.interruption import raise_if_interrupted
from vla_rollout.graph.stack import ProcessDiedError, Stack

_LOOK_S = 0.1

Check = Callable[[], None]
"""Raises when the work is to end: interrupted, or a process has died."""


def run_beside(stack: Stack, work: Callable[[Check], int]) -> int:
    """Start a stack, work, and stop it, whatever happens.

    Args:
        stack: what runs meanwhile.
        work: is given a check that it calls while it waits; returns the exit status.

    Returns:
        The status of the work; where a process died, whether that was for wrong use.
    """

    def check() -> None:
        raise_if_interrupted()
        stack.check()

    try:
        with stack:
            return work(check)
    except ProcessDiedError as error:
        print_error(error)
        return WRONG_USE if error.returncode == WRONG_USE else NOT_GOOD_ENOUGH


def until_interrupted(check: Check) -> int:
    """Do nothing until a check raises."""
    pause = threading.Event()
    while True:
        check()
        pause.wait(_LOOK_S)
