"""One inference at a time, in one thread; what waits meanwhile is answered together."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
import time
from typing import Any


@dataclass(frozen=True)
class Timed:
    """A result and what it took.

    Attributes:
        result: what the work returned for this item.
        queue_ns: time the item waited [ns].
        work_ns: time the batch took [ns].
        batch: items that were worked on together.
    """

    result: Any
    queue_ns: int
    work_ns: int
    batch: int


class BatchQueue:
    """Collects items of many connections and hands them to a blocking function.

    There is no waiting time: while one batch is at work the next one gathers, so that a single
    robot never waits for others, and many share the accelerator.
    """

    def __init__(self, work: Callable[[Sequence[Any]], Sequence[Any]], max_batch: int) -> None:
        """Prepare.

        Args:
            work: returns one result per item, in order; runs in one thread, never twice at once.
            max_batch: items it is given at a time, at most.
        """
        self._work = work
        self._max_batch = max_batch
        self._waiting: deque[tuple[Any, int, asyncio.Future[Timed]]] = deque()
        self._thread = ThreadPoolExecutor(1, 'inference')
        self._task: asyncio.Task[None] | None = None

    async def submit(self, item: Any) -> Timed:
        """Return the result of an item; raises what the work raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Timed] = loop.create_future()
        self._waiting.append((item, time.monotonic_ns(), future))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._drain())
        return await future

    def close(self) -> None:
        """End the thread after the running batch."""
        self._thread.shutdown()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            count = min(self._max_batch, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(count)]
            batch = [entry for entry in batch if not entry[2].done()]  # whose client has left
            if not batch:
                continue
            started_ns = time.monotonic_ns()
            items = [item for item, _, _ in batch]
            try:
                results = await loop.run_in_executor(self._thread, self._work, items)
            except Exception as error:  # noqa: BLE001 - it belongs to those who wait for it
                _fail(batch, error)
                continue
            took_ns = time.monotonic_ns() - started_ns
            for (_, since_ns, future), result in zip(batch, results, strict=True):
                if not future.done():  # its client may have left
                    future.set_result(Timed(result, started_ns - since_ns, took_ns, len(batch)))


def _fail(batch: list[tuple[Any, int, 'asyncio.Future[Timed]']], error: Exception) -> None:
    for _, _, future in batch:
        if not future.done():
            future.set_exception(error)
