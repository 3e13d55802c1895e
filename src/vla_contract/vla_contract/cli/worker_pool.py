"""Maps a function over seeds in several processes, in order, and stops cleanly."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
import multiprocessing
from multiprocessing.connection import wait
import os
import signal
import threading
from typing import Any, Protocol

_failure: Exception | None = None
"""Why this worker could not be started."""


class OrderedMap(Protocol):
    """Applies a function to items and yields the results in the order of the items."""

    def __call__[S, T](self, function: Callable[[S], T], items: Iterable[S], /) -> Iterator[T]:
        """Start on the items, as many at once as there are workers."""


@contextmanager
def worker_pool(
    workers: int, start: Callable[..., None] | None = None, *args: Any
) -> Iterator[OrderedMap]:
    """Give a map over worker processes, each of which called `start(*args)` once.

    One worker is this process. After an error or Ctrl-C the items under way are finished and the
    waiting ones dropped.

    Args:
        workers: number of processes, from 1 up.
        start: builds what the mapped functions need, in module globals of the worker; None for
            functions that need nothing.
        args: its arguments, which must be picklable.
    """
    if workers == 1:
        if start:
            start(*args)
        yield map
        return
    # Spawned, because OpenGL contexts and torch's threads do not survive a fork.
    context = multiprocessing.get_context('spawn')
    pool = ProcessPoolExecutor(workers, context, _start_worker, (start, *args))
    try:
        yield partial(_mapped, pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _mapped[S, T](
    pool: ProcessPoolExecutor, function: Callable[[S], T], items: Iterable[S], /
) -> Iterator[T]:
    """Start the workers and hand out the items; Ctrl-C waits until they know to ignore it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.map(partial(_call, function), items)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(start: Callable[..., None] | None, *args: Any) -> None:
    """Leave Ctrl-C to the parent, and end with it, whatever ended it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if start:
        try:
            start(*args)
        except Exception as error:  # noqa: BLE001 - whatever it is
            # Raised here it would end the pool, and its reason with it.
            global _failure
            _failure = error


def _call[S, T](function: Callable[[S], T], item: S) -> T:
    if _failure is not None:
        raise _failure
    return function(item)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
