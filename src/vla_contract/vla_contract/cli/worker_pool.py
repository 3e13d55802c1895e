"""Maps a function over seeds in several processes, in order, and stops cleanly."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for_all
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
    waiting ones dropped; Ctrl-C again drops those under way too.

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
    handed_out: deque[Future[Any]] = deque()
    with process_pool(workers, start, *args) as submit:
        try:
            yield partial(_mapped, submit, handed_out)
        finally:
            wait_for_all([future for future in handed_out if not future.cancel()])


class Submit(Protocol):
    """Has a worker process apply a function to an item."""

    def __call__[S, T](self, function: Callable[[S], T], item: S, /) -> Future[T]:
        """Return what will hold the result."""


@contextmanager
def process_pool(
    workers: int, start: Callable[..., None] | None = None, *args: Any
) -> Iterator[Submit]:
    """Give what hands items to worker processes; arguments as those of `worker_pool`.

    Whoever lets KeyboardInterrupt through has nothing under way any more that is worth finishing:
    the workers are killed.
    """
    # Spawned, because OpenGL contexts and torch's threads do not survive a fork.
    context = multiprocessing.get_context('spawn')
    pool = ProcessPoolExecutor(workers, context, _start_worker, (start, *args))
    try:
        yield partial(_submitted, pool)
    except KeyboardInterrupt:
        # The executor has no public way to do so before Python 3.14.
        for process in list((pool._processes or {}).values()):
            process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _submitted[S, T](
    pool: ProcessPoolExecutor, function: Callable[[S], T], item: S, /
) -> Future[T]:
    """Hand out an item, which may start a worker; Ctrl-C waits until that knows to ignore it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(_call, function, item)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _mapped[S, T](
    submit: Submit, handed_out: deque[Future[T]], function: Callable[[S], T], items: Iterable[S], /
) -> Iterator[T]:
    """Hand out all items and yield their results in order."""
    handed_out.extend(submit(function, item) for item in items)
    while handed_out:
        yield handed_out[0].result()
        handed_out.popleft()


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
