"""One or two policies in many domains, as `vla sim run --sweep` leaves them."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from vla_contract.cli.page import Entry, figure, table
from vla_contract.schema import build
from vla_rollout.episodes.episode_loop import SUCCESS
from vla_rollout.report.kinds.any_run import AnyRun, as_figures, Place, Suites
from vla_rollout.report.kinds.episode_row import episode_rows, EpisodeRow, mappings, text
from vla_rollout.report.recorded import RecordedRun
from vla_rollout.report.run_files import file_of_run
from vla_rollout.report.text import brief
from vla_rollout.statistics.comparison import points
from vla_rollout.statistics.intervals import format_interval, Interval

_PICTURE = 'sweep.png'
_PNG = b'\x89PNG'


@dataclass(frozen=True)
class SweepRow:
    """One policy in one domain."""

    policy: str
    domain: str
    results: tuple[EpisodeRow, ...]

    @property
    def successes(self) -> int:
        """How many episodes succeeded."""
        return sum(result.success for result in self.results)

    def outcomes(self) -> Counter[str]:
        """Return the episodes by the mode of their cause, success among them."""
        return Counter(result.cause.mode for result in self.results)


@dataclass(frozen=True)
class _Difference:
    difference: float
    newcombe_95: tuple[float, float]


@dataclass(frozen=True)
class Sweep(AnyRun):
    """A run with the same seeds for every policy and domain.

    Attributes:
        rows: every policy in every domain.
        differences: by domain, how much higher the second policy's rate is; none for one policy.
    """

    key = 'rows'
    commands = 'vla sim run --sweep'
    rows: tuple[SweepRow, ...]
    differences: dict[str, Interval]

    @classmethod
    def read(cls, folder: Path, values: dict[str, Any], where: str) -> Self:
        """Return the run of a summary.json."""
        rows = tuple(
            SweepRow(
                text(row, 'policy', where, f'rows[{i}]'),
                text(row, 'domain', where, f'rows[{i}]'),
                episode_rows(row.get('results'), where, f'rows[{i}].results'),
            )
            for i, row in enumerate(mappings(values['rows'], where, 'rows'))
        )
        differences = {}
        for domain, value in dict(values.get('differences') or {}).items():
            found = build(_Difference, value, where, f'differences.{domain}.')
            differences[domain] = Interval(found.difference, *found.newcombe_95)
        return cls(folder, values['settings'], rows, differences)

    @property
    def suites(self) -> Suites:
        """The episodes of every policy in every domain."""
        return {f'{row.policy}, {row.domain}': row.results for row in self.rows}

    def section(self, recorded: RecordedRun, place: Place) -> list[str]:
        """Return rates with their intervals, why episodes failed, and the differences."""
        heads = ('policy', 'domain', 'success', 'failed by', 'failed seeds')
        body: list[str] = [table(heads, [_entries(row) for row in self.rows if row.results])]
        picture = file_of_run(self.folder, _PICTURE)
        if picture is not None and (data := picture.read_bytes()).startswith(_PNG):
            body.insert(0, figure(data, 'Success rates with their 95 % intervals'))
        if self.differences:
            rows = [(brief(domain), points(d)) for domain, d in self.differences.items()]
            body += [
                f'<{place.heading}>Second policy minus first</{place.heading}>',
                table(('domain', 'difference'), rows),
            ]
        return body

    def figures(self, recorded: RecordedRun) -> dict[str, Any]:
        """Return counts, outcomes and the cause of every episode, by policy and domain."""
        rows = [
            {
                'policy': row.policy,
                'domain': row.domain,
                'episodes': len(row.results),
                'successes': row.successes,
                'outcomes': dict(row.outcomes()),
                'results': [as_figures(result) for result in row.results],
            }
            for row in self.rows
        ]
        differences = {
            domain: {'difference': d.rate, 'newcombe_95': [d.lower, d.upper]}
            for domain, d in self.differences.items()
        }
        return {'rows': rows, 'differences': differences}


def _entries(row: SweepRow) -> tuple[Entry, ...]:
    modes = row.outcomes()
    del modes[SUCCESS]
    failed = (result.seed for result in row.results if not result.success)
    return (
        brief(row.policy),
        brief(row.domain),
        format_interval(row.successes, len(row.results)),
        brief(', '.join(f'{count} {mode}' for mode, count in modes.most_common())),
        brief(' '.join(map(str, failed))),
    )
