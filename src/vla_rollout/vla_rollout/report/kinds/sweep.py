"""One or two policies in many domains, as `vla sim run --sweep` leaves them."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from vla_contract.page.page import drawing, Entry, table
from vla_contract.page.svg import svg_of
from vla_contract.schema import build
from vla_rollout.episodes.answers import answered, Score, score_of
from vla_rollout.episodes.episode_loop import SUCCESS
from vla_rollout.report.kinds.any_run import AnyRun, as_figures, Place, Suites
from vla_rollout.report.kinds.episode_row import episode_rows, EpisodeRow, mappings, text
from vla_rollout.report.recorded import RecordedRun
from vla_rollout.report.scores import score_text
from vla_rollout.report.text import brief
from vla_rollout.simulation.sweep_figure import draw_sweep
from vla_rollout.statistics.comparison import Comparison
from vla_rollout.statistics.intervals import Interval


@dataclass(frozen=True)
class SweepRow:
    """One policy in one domain."""

    policy: str
    domain: str
    results: tuple[EpisodeRow, ...]

    @property
    def score(self) -> Score:
        """How many episodes succeeded, and how many had no answer."""
        return score_of(self.results)

    def outcomes(self) -> Counter[str]:
        """Return the episodes that had an answer by the mode of their cause, or success."""
        return Counter(result.cause.mode for result in answered(self.results))


@dataclass(frozen=True)
class _Difference:
    difference: float
    newcombe_95: tuple[float, float]
    p_value: float
    test: str
    pairs: int


@dataclass(frozen=True)
class Sweep(AnyRun):
    """A run with the same seeds for every policy and domain.

    Attributes:
        rows: every policy in every domain.
        differences: by domain, the second policy against the first; none for one policy.
    """

    key = 'rows'
    commands = 'vla sim run --sweep'
    rows: tuple[SweepRow, ...]
    differences: dict[str, Comparison]

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
            interval = Interval(found.difference, *found.newcombe_95)
            differences[domain] = Comparison(interval, found.p_value, found.test, found.pairs)
        return cls(folder, values['settings'], rows, differences)

    @property
    def suites(self) -> Suites:
        """The episodes of every policy in every domain."""
        return {f'{row.policy}, {row.domain}': row.results for row in self.rows}

    def section(self, recorded: RecordedRun, place: Place) -> list[str]:
        """Return rates with their intervals, why episodes failed, and the differences."""
        heads = ('policy', 'domain', 'success', 'failed by', 'failed seeds')
        body: list[str] = [table(heads, [_entries(row) for row in self.rows if row.results])]
        if any(row.score.interval for row in self.rows):
            picture = svg_of(draw_sweep(self.rows))
            body.insert(0, drawing(picture, 'Success rates with their 95 % intervals'))
        if self.differences:
            rows = [(brief(domain), brief(str(d))) for domain, d in self.differences.items()]
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
                **row.score.facts(),
                'outcomes': dict(row.outcomes()),
                'results': [as_figures(result) for result in row.results],
            }
            for row in self.rows
        ]
        differences = {
            domain: comparison.facts() for domain, comparison in self.differences.items()
        }
        return {'rows': rows, 'differences': differences}


def _entries(row: SweepRow) -> tuple[Entry, ...]:
    modes = row.outcomes()
    del modes[SUCCESS]
    failed = (result.seed for result in answered(row.results) if not result.success)
    return (
        brief(row.policy),
        brief(row.domain),
        score_text(row.score),
        brief(', '.join(f'{count} {mode}' for mode, count in modes.most_common())),
        brief(' '.join(map(str, failed))),
    )
