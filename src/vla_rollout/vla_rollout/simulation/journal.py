"""Results of a run in the simulator, each on disk as soon as it is there, so that it can go on."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
import json
from pathlib import Path
import sys
from typing import Any, cast

from vla_contract.cli.worker_pool import OrderedMap
from vla_contract.errors import VlaError
from vla_contract.whole_file import write_whole
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.simulation.finishing import FinishingMap

_FILE = 'journal.jsonl'
_NUMBER = 'number'
# A row also holds what follows from these, such as the outcome.
_FIELDS = {field.name for field in fields(EpisodeResult)}


class Journal:
    """A file of lines: how the run was called and of what, then a result per finished episode.

    Attributes:
        folder: of the run.
        done: results by the number of the episode, from 0 up.
    """

    def __init__(self, folder: Path, done: Mapping[int, EpisodeResult] | None = None) -> None:
        """Go on after some results; `begin` and `resume` are the ways to get one."""
        self.folder = folder
        self.done = dict(done or {})

    @classmethod
    def begin(cls, folder: Path, arguments: list[str], facts: dict[str, Any]) -> 'Journal':
        """Begin a file.

        Args:
            folder: of a new run.
            arguments: of the command.
            facts: what must be the same when the run goes on, such as hashes.
        """
        head = json.dumps({'arguments': arguments, 'facts': facts})
        write_whole(folder / _FILE, head + '\n')
        return cls(folder)

    @classmethod
    def resume(cls, folder: Path, facts: dict[str, Any]) -> 'Journal':
        """Read a file to go on with it; half a line that a crash has left is dropped.

        Raises:
            VlaError: the run was of something else, or a line is damaged.
        """
        head, *lines = _lines(folder)
        then = _value(folder, 1, head)['facts']
        changed = [name for name in facts if facts[name] != then.get(name)]
        if changed:
            raise VlaError(f'{folder}: {", ".join(changed)} changed meanwhile; begin a new run')
        write_whole(folder / _FILE, ''.join([head, *lines]))
        done: dict[int, EpisodeResult] = {}
        for number, line in enumerate(lines, 2):
            row = _value(folder, number, line)
            try:
                done[row[_NUMBER]] = EpisodeResult(**{k: row[k] for k in row if k in _FIELDS})
            except (KeyError, TypeError):
                raise _damaged(folder, number) from None
        return cls(folder, done)

    def through(self, map_finished: FinishingMap) -> OrderedMap:
        """Return a map that yields what was done before, then does and records the rest.

        It records an episode as soon as that has finished, and yields in the order of the items.
        """

        def ordered(function: Callable[[Any], Any], items: Iterable[Any], /) -> Iterator[Any]:
            before = frozenset(self.done)
            rest = ((i, item) for i, item in enumerate(items) if i not in before)
            yielded = 0
            while yielded in self.done:
                yield self.done[yielded]
                yielded += 1
            with (self.folder / _FILE).open('a') as file:
                for number, result in map_finished(function, rest):
                    row = {_NUMBER: number, **result.as_dict()}
                    file.write(json.dumps(row, allow_nan=False) + '\n')
                    file.flush()
                    self.done[number] = result
                    while yielded in self.done:
                        yield self.done[yielded]
                        yielded += 1

        return cast(OrderedMap, ordered)

    def tell_how_to_go_on(self, command: str) -> None:
        """Say where the results are and what to type."""
        print(
            f'\n{len(self.done)} episodes are done; go on: vla {command} --resume {self.folder}',
            file=sys.stderr,
        )


def arguments_of(folder: Path) -> list[str]:
    """Return how a run was called.

    Raises:
        VlaError: there is no such run, or it has no journal.
    """
    arguments: list[str] = _value(folder, 1, _lines(folder)[0])['arguments']
    return arguments


def _lines(folder: Path) -> list[str]:
    try:
        lines = (folder / _FILE).read_text(errors='replace').splitlines(keepends=True)
    except OSError:
        lines = []
    if lines and not lines[-1].endswith('\n'):
        lines.pop()
    if not lines:
        raise VlaError(f'{folder}: found no {_FILE}; --resume takes the folder of a run')
    return lines


def _value(folder: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, dict) or (number == 1 and not {'arguments', 'facts'} <= set(value)):
        raise _damaged(folder, number)
    return value


def _damaged(folder: Path, number: int) -> VlaError:
    return VlaError(f'{folder / _FILE}: line {number} is damaged; begin a new run')
