"""Episodes as they finish, in one process or several; Ctrl-C lets those under way finish."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
import signal
import sys
from types import FrameType
from typing import Any, Protocol

from vla_contract.cli.interrupts import raise_if_interrupted
from vla_contract.cli.worker_pool import process_pool, Submit
from vla_contract.errors import VlaError

Numbered = tuple[int, Any]


class FinishingMap(Protocol):
    """Applies a function to numbered items and yields numbered results as they finish."""

    def __call__[T](
        self, function: Callable[[Any], T], items: Iterable[Numbered], /
    ) -> Iterator[tuple[int, T]]:
        """Start on the items; after Ctrl-C yield those under way, then raise KeyboardInterrupt."""


class Interruption:
    """Whether Ctrl-C was pressed; pressed again it raises KeyboardInterrupt at once.

    Attributes:
        came: it was pressed.
    """

    def __init__(self) -> None:
        """Begin without one."""
        self.came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle SIGINT."""
        if self.came:
            raise KeyboardInterrupt
        self.came = True
        print(
            '\ninterrupted: episodes under way are finished; Ctrl-C again drops them',
            file=sys.stderr,
        )


@contextmanager
def finishing_pool(workers: int) -> Iterator[FinishingMap]:
    """Give a map over so many processes; one is this process. Call it from the main thread.

    Raises:
        VlaError: a process was killed.
    """
    with finishing_interruption() as interruption:
        if workers == 1:
            yield lambda function, items: _one_by_one(interruption, function, items)
            return
        try:
            with process_pool(workers) as submit:
                yield lambda function, items: _side_by_side(
                    interruption, submit, workers, function, items
                )
        except BrokenProcessPool:
            raise VlaError(
                'a worker process was killed, as happens when memory runs out; found '
                f'{workers} --workers, try fewer'
            ) from None


@contextmanager
def finishing_interruption() -> Iterator[Interruption]:
    """Let SIGINT be seen instead of raised, the first time; raise it at the end of the block."""
    raise_if_interrupted()
    interruption = Interruption()
    before = signal.signal(signal.SIGINT, interruption)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)
    if interruption.came:  # too late for any episode
        raise KeyboardInterrupt


def _one_by_one[T](
    interruption: Interruption, function: Callable[[Any], T], items: Iterable[Numbered]
) -> Iterator[tuple[int, T]]:
    for number, item in items:
        if interruption.came:
            raise KeyboardInterrupt
        yield number, function(item)
    if interruption.came:
        raise KeyboardInterrupt


def _side_by_side[T](
    interruption: Interruption,
    submit: Submit,
    workers: int,
    function: Callable[[Any], T],
    items: Iterable[Numbered],
) -> Iterator[tuple[int, T]]:
    """Hand out an item when a worker is free, so that only those under way have to be finished."""
    left = iter(items)
    running: dict[Future[T], int] = {}
    while True:
        if not interruption.came:
            for number, item in islice(left, workers - len(running)):
                running[submit(function, item)] = number
        if not running:
            break
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()
    if interruption.came:
        raise KeyboardInterrupt
