"""Results of a run in the simulator, each on disk as soon as it is there, so that it can go on."""

from collections.abc import Callable, Iterable, Iterator
import json
from pathlib import Path
import sys
from typing import Any, cast

from vla_contract.cli.worker_pool import OrderedMap
from vla_contract.errors import VlaError
from vla_rollout.episodes.episode import EpisodeResult

_FILE = 'journal.jsonl'


class Journal:
    """A file of lines: how the run was called and of what, then one result per episode.

    Attributes:
        folder: of the run.
        results: what has been done, in the order of the episodes.
    """

    def __init__(self, folder: Path, results: Iterable[EpisodeResult] = ()) -> None:
        """Go on after some results; `begin` and `resume` are the ways to get one."""
        self.folder = folder
        self.results = list(results)

    @classmethod
    def begin(cls, folder: Path, arguments: list[str], facts: dict[str, Any]) -> 'Journal':
        """Begin a file.

        Args:
            folder: of a new run.
            arguments: of the command.
            facts: what must be the same when the run goes on, such as hashes.
        """
        head = json.dumps({'arguments': arguments, 'facts': facts})
        (folder / _FILE).write_text(head + '\n')
        return cls(folder)

    @classmethod
    def resume(cls, folder: Path, facts: dict[str, Any]) -> 'Journal':
        """Read a file to go on with it; half a line that a crash has left is dropped.

        Raises:
            VlaError: the run was of something else.
        """
        head, *lines = _lines(folder)
        then = json.loads(head)['facts']
        changed = [name for name in facts if facts[name] != then.get(name)]
        if changed:
            raise VlaError(f'{folder}: {", ".join(changed)} changed meanwhile; begin a new run')
        (folder / _FILE).write_text(''.join([head, *lines]))
        values: list[dict[str, Any]] = [json.loads(line) for line in lines]
        for row in values:
            del row['outcome']
        return cls(folder, [EpisodeResult(**row) for row in values])

    def through(self, map_episodes: OrderedMap) -> OrderedMap:
        """Return a map that yields what was done before, then does and records the rest."""

        def ordered(function: Callable[[Any], Any], items: Iterable[Any], /) -> Iterator[Any]:
            yield from tuple(self.results)
            rest = list(items)[len(self.results) :]
            with (self.folder / _FILE).open('a') as file:
                for result in map_episodes(function, rest):
                    file.write(json.dumps(result.as_dict(), allow_nan=False) + '\n')
                    file.flush()
                    self.results.append(result)
                    yield result

        return cast(OrderedMap, ordered)

    def tell_how_to_go_on(self) -> None:
        """Say where the results are and what to type."""
        print(
            f'\n{len(self.results)} episodes are done; go on: vla sim run --resume {self.folder}',
            file=sys.stderr,
        )


def arguments_of(folder: Path) -> list[str]:
    """Return how a run was called.

    Raises:
        VlaError: there is no such run, or it has no journal.
    """
    arguments: list[str] = json.loads(_lines(folder)[0])['arguments']
    return arguments


def _lines(folder: Path) -> list[str]:
    try:
        lines = (folder / _FILE).read_text().splitlines(keepends=True)
    except OSError:
        lines = []
    if lines and not lines[-1].endswith('\n'):
        lines.pop()
    if not lines:
        raise VlaError(f'{folder}: found no {_FILE}; --resume takes the folder of a sim run')
    return lines
