"""Counted episodes of one policy, as `vla rollout run`, `vla demo` and `vla sim run` do them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Self

from vla_contract.page.page import drawing, Html, table
from vla_rollout.episodes.answers import answered, Score, score_of
from vla_rollout.report.drawings.figures import latency_histogram, outcome_bars, running_rate
from vla_rollout.report.episodes.section import episode_section
from vla_rollout.report.kinds.any_run import AnyRun, as_figures, Place, Suites
from vla_rollout.report.kinds.episode_row import episode_rows, EpisodeRow
from vla_rollout.report.recorded import RecordedRun
from vla_rollout.report.scores import score_text
from vla_rollout.report.text import brief
from vla_rollout.statistics.failure_clusters import Cluster, failure_clusters
from vla_rollout.statistics.intervals import exact_interval, percent_range


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
    def answered(self) -> list[EpisodeRow]:
        """The episodes that count and had an answer of the policy: rates are of these."""
        return answered(self.results)

    @property
    def score(self) -> Score:
        """How many episodes succeeded, and how many had no answer."""
        return score_of(self.results)

    def outcomes(self) -> Counter[str]:
        """Return the episodes that had an answer by the mode of their cause, or success."""
        return Counter(result.cause.mode for result in self.answered)

    @property
    def clusters(self) -> list[Cluster]:
        """The failures by cause, and what their scenes have in common."""
        return failure_clusters(self.answered)

    def section(self, recorded: RecordedRun, place: Place) -> list[str]:
        """Return rate, outcomes, latency, what the filter held back, and every episode."""
        body = self._counts() if self.results else [Html('<p>no episode counts</p>')]
        if interventions := recorded.interventions.most_common():
            rows = [(brief(reason), count) for reason, count in interventions]
            body += [
                f'<{place.heading}>Interventions of the filter</{place.heading}>',
                table(('reason', 'times'), rows),
            ]
        shown = self.folder, self.settings, self.episodes
        return [*body, *episode_section(*shown, recorded, place)]

    def _counts(self) -> list[str]:
        score, rows = self.score, self.answered
        said = escape(score_text(score, 'success'))
        body: list[str] = [Html(f'<p>{escape(brief(self.label))}: <strong>{said}</strong></p>')]
        if learned := self.settings.get('diagnosis'):
            body.append(Html(f'<p>failure diagnosis: {escape(brief(str(learned)))}</p>'))
        if rows:
            _, lower, upper = exact_interval(score.successes, len(rows))
            interval = percent_range(lower, upper)
            body.append(Html(f'<p>exact interval, at least 95 %: {interval}</p>'))
            # One episode is no course.
            if len(rows) > 1:
                rate = running_rate([row.success for row in rows])
                body.append(drawing(rate, 'Success rate after each episode, 95 % interval'))
            body += [
                drawing(outcome_bars(self.outcomes()), 'Outcomes'),
                *_cluster_table(self.clusters),
            ]
        latencies = [result.chunk_latency_p50_ms for result in self.results]
        if known := [value for value in latencies if value is not None]:
            caption = 'Latency of chunks on arrival at the filter'
            body.append(drawing(latency_histogram(known), caption))
        return body

    def figures(self, recorded: RecordedRun) -> dict[str, Any]:
        """Return counts, intervals, outcomes and the cause of every episode."""
        score = self.score
        values = {'policy': self.label, **score.facts()}
        if score.episodes:
            values['exact_95'] = list(exact_interval(score.successes, score.episodes)[1:])
        return {
            **values,
            'outcomes': dict(self.outcomes()),
            'failures': [cluster.facts() for cluster in self.clusters],
            'interventions': dict(recorded.interventions),
            'results': [as_figures(row) for row in self.results],
            'not_counted': [as_figures(row) for row in self.not_counted],
        }


def listed_failures(run: CountedRun) -> dict[str, Any]:
    """Return the failed episodes of a run by cause, as whoever mends the policy needs them.

    Args:
        run: where they failed.
    """
    recordings = {row.seed: row.recording for row in run.answered if not row.success}
    names = ('deployment', 'policy', 'task', 'randomization', 'policy_sha256')
    return {
        'run': str(run.folder),
        'settings': {name: run.settings.get(name) for name in names},
        'failures': [
            {
                **cluster.facts(),
                'recordings': [recordings[s] for s in cluster.seeds if recordings[s]],
            }
            for cluster in run.clusters
        ],
    }


def _cluster_table(clusters: Sequence[Cluster]) -> list[Html]:
    """Return a table of the causes of failure, where there were any."""
    rows = [
        (
            len(cluster.seeds),
            brief(' '.join(filter(None, (cluster.mode, cluster.cause and f'({cluster.cause})')))),
            brief(' '.join(map(str, cluster.seeds))),
            brief(cluster.sentence or 'nothing beyond chance'),
        )
        for cluster in clusters
    ]
    heads = ('failures', 'cause', 'seeds', 'in common')
    return [table(heads, rows)] if rows else []
