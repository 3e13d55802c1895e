"""Counted episodes of one policy, as `vla rollout run`, `vla demo` and `vla sim run` do them."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from vla_contract.cli.page import figure, Html, table
from vla_rollout.report.episode_section import episode_section
from vla_rollout.report.figures import latency_histogram, outcome_bars, running_rate
from vla_rollout.report.kinds.any_run import AnyRun, as_figures, Place, Suites
from vla_rollout.report.kinds.episode_row import episode_rows, EpisodeRow
from vla_rollout.report.recorded import RecordedRun
from vla_rollout.report.text import brief
from vla_rollout.statistics.intervals import exact_interval, format_interval, wilson_interval


@dataclass(frozen=True)
class CountedRun(AnyRun):
    """A run whose every episode is of the same policy and cell.

    Attributes:
        results: the episodes that count.
        not_counted: those that the operator discarded or stopped.
    """

    key = 'results'
    commands = 'vla rollout run, vla demo, vla sim run'
    results: tuple[EpisodeRow, ...]
    not_counted: tuple[EpisodeRow, ...] = ()

    @classmethod
    def read(cls, folder: Path, values: dict[str, Any], where: str) -> Self:
        """Return the run of a summary.json."""
        names = ('results', 'not_counted')
        rows = (episode_rows(values.get(name, []), where, name) for name in names)
        return cls(folder, values['settings'], *rows)

    @property
    def is_real(self) -> bool:
        """Whether an operator judged what a real robot did; a simulator judges its own."""
        return bool(self.settings.get('operator'))

    @property
    def episodes(self) -> tuple[EpisodeRow, ...]:
        """All episodes, those that count first."""
        return (*self.results, *self.not_counted)

    @property
    def suites(self) -> Suites:
        """All episodes as one part."""
        return {'': self.episodes}

    @property
    def successes(self) -> int:
        """How many episodes succeeded."""
        return sum(self.outcomes_in_order)

    @property
    def seeds(self) -> list[int]:
        """Seeds of the episodes, in order."""
        return [result.seed for result in self.results]

    @property
    def outcomes_in_order(self) -> list[bool]:
        """Whether each episode succeeded, in order."""
        return [result.success for result in self.results]

    def outcomes(self) -> Counter[str]:
        """Return the counted episodes by the mode of their cause, success among them."""
        return Counter(result.cause.mode for result in self.results)

    def section(self, recorded: RecordedRun, place: Place) -> list[str]:
        """Return rate, outcomes, latency, what the filter held back, and every episode."""
        body = self._counts() if self.results else [Html('<p>no episode counts</p>')]
        if interventions := recorded.interventions.most_common():
            rows = [(brief(reason), count) for reason, count in interventions]
            body += [
                f'<{place.heading}>Interventions of the filter</{place.heading}>',
                table(('reason', 'times'), rows),
            ]
        return body + episode_section(self.folder, self.episodes, recorded, place)

    def _counts(self) -> list[str]:
        count = len(self.results)
        success = format_interval(self.successes, count)
        _, lower, upper = exact_interval(self.successes, count)
        body = [
            f'<p><strong>success {success}</strong>; '
            f'exact interval, at least 95 %: {100 * lower:.0f}-{upper:.0%}</p>',
            figure(
                running_rate(self.outcomes_in_order),
                'Success rate after each episode, with its 95 % interval',
            ),
            figure(outcome_bars(self.outcomes()), 'Outcomes'),
        ]
        latencies = [result.chunk_latency_p50_ms for result in self.results]
        if known := [value for value in latencies if value is not None]:
            caption = 'Latency of chunks on arrival at the filter'
            body.append(figure(latency_histogram(known), caption))
        return body

    def figures(self, recorded: RecordedRun) -> dict[str, Any]:
        """Return counts, intervals, outcomes and the cause of every episode."""
        count = len(self.results)
        values: dict[str, Any] = {'episodes': count, 'successes': self.successes}
        if count:
            values['wilson_95'] = list(wilson_interval(self.successes, count)[1:])
            values['exact_95'] = list(exact_interval(self.successes, count)[1:])
        return {
            **values,
            'outcomes': dict(self.outcomes()),
            'interventions': dict(recorded.interventions),
            'results': [as_figures(row) for row in self.results],
            'not_counted': [as_figures(row) for row in self.not_counted],
        }
