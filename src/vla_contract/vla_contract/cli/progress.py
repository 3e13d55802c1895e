"""How far long work has come: a bar on a terminal, a line now and then anywhere else."""

from collections.abc import Callable, Iterable, Iterator, Sized
import os
import sys
import threading
import time
from types import TracebackType
from typing import Any, Self

from vla_contract.stamps import duration

EVERY = 'VLA_PROGRESS_S'
"""Environment variable: seconds between lines of progress in a file or a pipe."""

_BAR = '{l_bar}{bar}| {n_fmt}/{total_fmt} {unit} [{elapsed}, {remaining} left{postfix}]'
# Lines: none for what is over at once; then at every tenth, but not one after the other.
_FIRST_S, _BETWEEN_S, _SILENT_S = 10.0, 5.0, 300.0
_LINES = 10


class Progress:
    """Counts what is done of some work and says so on stderr.

    On a terminal it is a bar that goes when the work ends. A file or a pipe, such as the log of
    CI, gets whole lines: the first after 10 s, with what is done and about how long it takes, then
    one at every tenth, or after 5 minutes. With VLA_PROGRESS_S=60 it is one a minute, with 0 all.
    """

    def __init__(
        self,
        total: int | None,
        unit: str,
        what: str = '',
        done: int = 0,
        is_shown: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin.

        Args:
            total: how many there are, None when nobody knows.
            unit: what is counted, in the plural.
            what: what is done with them, '' when the unit says it.
            done: how many were done before, as by a run that is resumed.
            is_shown: whether to say anything.
            clock: time that goes on steadily [s].
        """
        self._total, self._unit, self._what = total, unit, what
        self._before = self._done = done
        self._clock = clock
        self._begun_s = self._said_s = clock()
        self._said = done
        self._bar = _bar(total, unit, what, done) if is_shown and sys.stderr.isatty() else None
        self._has_lines = is_shown and self._bar is None
        self._every_s = _asked_s()

    def __enter__(self) -> Self:
        """Count inside a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self.close()

    def update(self, count: int = 1, note: str = '') -> None:
        """Count what was done since.

        Args:
            count: how many.
            note: how it goes, such as the successes so far.
        """
        self._done += count
        if self._bar is not None:
            if note:
                self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(count)
        elif self._has_lines and self._is_due():
            self._said, self._said_s = self._done, self._clock()
            print(self._line(note), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the bar away; nothing is counted any more."""
        if self._bar is not None:
            self._bar.close()
        self._has_lines = False

    def _is_due(self) -> bool:
        now_s = self._clock()
        if self._every_s is not None:
            return now_s - self._said_s >= self._every_s
        if now_s - self._begun_s < _FIRST_S or self._done == self._total:
            return False
        silent_s = now_s - self._said_s
        is_first = self._said_s == self._begun_s
        is_tenth = (
            self._total is not None
            and self._done * _LINES // self._total > self._said * _LINES // self._total
        )
        return is_first or silent_s >= _SILENT_S or (is_tenth and silent_s >= _BETWEEN_S)

    def _line(self, note: str) -> str:
        elapsed_s = self._clock() - self._begun_s
        total = f' of {self._total}' if self._total is not None else ''
        parts = [f'{self._done}{total} {self._unit}', note, f'{duration(elapsed_s)} so far']
        if self._total is not None and self._done > self._before:
            each_s = elapsed_s / (self._done - self._before)
            parts.append(f'about {duration(each_s * (self._total - self._done))} left')
        return (f'{self._what}: ' if self._what else '') + ', '.join(filter(None, parts))


def watched[T](
    items: Iterable[T],
    unit: str,
    what: str = '',
    total: int | None = None,
    is_shown: bool = True,
) -> Iterator[T]:
    """Yield items and say how far they have come; as `Progress`.

    Args:
        items: what is gone through.
        unit: what they are, in the plural.
        what: what is done with them.
        total: how many, when `items` cannot tell.
        is_shown: whether to say anything.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    with Progress(total, unit, what, is_shown=is_shown) as progress:
        for item in items:
            yield item
            progress.update()


def _asked_s() -> float | None:
    """Return how long after a line the next one is wanted [s], None where nobody says."""
    try:
        return float(os.environ[EVERY])
    except (KeyError, ValueError):
        return None


def _bar(total: int | None, unit: str, what: str, done: int) -> Any:
    # Imported here: it takes a while to load, and where nobody watches it is not used.
    from tqdm import tqdm

    # Without this tqdm loads multiprocessing, for a lock between processes.
    tqdm.set_lock(threading.RLock())
    bar_format = _BAR if total is not None else None
    return tqdm(
        total=total,
        initial=done,
        unit=unit if total is not None else f' {unit}',
        desc=what or None,
        bar_format=bar_format,
        leave=False,
    )
