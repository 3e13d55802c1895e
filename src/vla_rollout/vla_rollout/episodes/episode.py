"""What one counted episode leaves behind."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from vla_rollout.episodes.answers import answered, has_answer, score_of
from vla_rollout.episodes.cause import cause_of


@dataclass(frozen=True)
class EpisodeResult:
    """Outcome of one episode; how it ended is separate from whether it succeeded.

    Attributes:
        seed: seed of the episode.
        success: the policy did the task: by the simulator's truth, without a simulator by the
            label of the operator, and no human commanded an arm.
        termination: why the episode ended: success, timeout, a failure that the world saw such
            as wrong_object, stopped (by the filter, for good), or the order of the operator:
            operator (labelled while it ran), discard, stop.
        stop_cause: why the filter stopped the arm, '' when it did not.
        duration_s: simulated or real time from start to end [s].
        interventions: how often the filter stopped passing what the policy desired unchanged.
        chunks: action chunks the policy delivered.
        chunk_latency_p50_ms: median age of a chunk on arrival at the filter [ms], or None.
        chunk_latency_p95_ms: its 95th percentile [ms], or None.
        filter_counters: cycles by verdict, rejected inputs and more.
        added_lag_ms: delay of the command behind the policy's plan in motion [ms], or None.
        added_lag_with_starts_ms: the same with the first 0.3 s after standing, in which the arm
            gets up to the speed that the plan begins with.
        stopped_cycles: filter cycles that held or stopped after the first motion.
        starved_periods: control periods after the first chunk in which no step was left.
        seams: distance [rad] and velocity jump [rad/s] of each chunk to the one before.
        failure_mode: what the diagnosis called it, None when nothing was found or looked for.
        failure_cause: name of the cause that named it, '' for none.
        advice: what to do about it, '' for nothing known.
        alarms: every alarm of the diagnosis, in order.
        manifest: every sampled value of the world.
        recording: file name of the MCAP recording, or None.
        video: file name of the video, or None.
        simulator_success: what the simulator says, None without one.
        operator_label: what the operator says, success or failure, None when nothing.
        bad_images: frames of the first camera that are not in the video, since they were no
            picture or came faster than they could be encoded.
        bad_image: why the first of them is not, '' for none.
        failed_inferences: how often the policy raised, or answered what cannot be used.
        inference_failure: why the last of them did, '' for none.
        chunk_refusal: why the filter refused the last chunk that it refused, '' for none.
        is_counted: False for an episode that the operator discarded or stopped.
        assisted: the task was done, but a human commanded arms for a while.
    """

    seed: int
    success: bool
    termination: str
    duration_s: float
    interventions: int
    chunks: int
    chunk_latency_p50_ms: float | None
    chunk_latency_p95_ms: float | None
    filter_counters: dict[str, int] = field(default_factory=dict)
    added_lag_ms: float | None = None
    added_lag_with_starts_ms: float | None = None
    stopped_cycles: int | None = None
    starved_periods: int | None = None
    seams: dict[str, float | None] = field(default_factory=dict)
    failure_mode: str | None = None
    alarms: list[str] = field(default_factory=list)
    failure_cause: str = ''
    advice: str = ''
    manifest: dict[str, Any] = field(default_factory=dict)
    recording: str | None = None
    video: str | None = None
    simulator_success: bool | None = None
    operator_label: str | None = None
    stop_cause: str = ''
    bad_images: int = 0
    bad_image: str = ''
    failed_inferences: int = 0
    inference_failure: str = ''
    chunk_refusal: str = ''
    is_counted: bool = True
    assisted: bool = False

    @property
    def is_error(self) -> bool:
        """Whether it says nothing about the policy, because no answer reached the filter."""
        return self.is_counted and not has_answer(self)

    @property
    def outcome(self) -> str:
        """What the episode counts as: success, assisted, failure, error or not_counted."""
        if not self.is_counted:
            return 'not_counted'
        if self.assisted:
            return 'assisted'
        if self.is_error:
            return 'error'
        return 'success' if self.success else 'failure'

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {'outcome': self.outcome, **asdict(self)}


def episode_line(number: int, total: int, result: EpisodeResult) -> str:
    """Return what a person reads per episode: a line, and one with advice for a failure."""
    cause = cause_of(result).sentence
    outcome = 'success' if result.success else f'FAILED ({cause})'
    if result.assisted:
        outcome = cause
    elif result.is_error:
        outcome = f'NO ANSWER ({cause})'
    if not result.is_counted:
        outcome = cause
    latency = 'no chunk'
    if result.chunk_latency_p50_ms is not None and result.chunk_latency_p95_ms is not None:
        p50, p95 = result.chunk_latency_p50_ms, result.chunk_latency_p95_ms
        latency = f'chunk latency {p50:.0f}/{p95:.0f} ms (p50/p95)'
    line = (
        f'episode {number}/{total}  seed {result.seed}  {outcome}  {result.duration_s:.1f} s  '
        f'{result.interventions} filter interventions  {latency}'
    )
    return f'{line}\n    what to do: {result.advice}' if result.advice else line


def failure_lines(episodes: Sequence[EpisodeResult]) -> list[str]:
    """Return a line per cause of failure: how often, which seeds, what was seen, what to do.

    The evidence is that of the first episode with this cause.
    """
    by_cause: dict[tuple[str, str], list[EpisodeResult]] = {}
    for result in episodes:
        if result.outcome == 'failure':
            key = (cause_of(result).mode, result.failure_cause)
            by_cause.setdefault(key, []).append(result)
    lines = []
    for failed in sorted(by_cause.values(), key=len, reverse=True):
        seeds = ' '.join(str(result.seed) for result in failed)
        advice = failed[0].advice and f'; what to do: {failed[0].advice}'
        lines.append(f'{len(failed)} x {cause_of(failed[0]).sentence}{advice}; seeds {seeds}')
    return lines


def summarise(episodes: list[EpisodeResult], settings: dict[str, Any]) -> dict[str, Any]:
    """Return the summary.json of a run: counts, interval, settings and every episode.

    Rates are of the episodes that had an answer, `episodes`; those without are `errors`. Episodes
    that the operator discarded or stopped are listed apart: they stay visible, and rates leave
    them out.
    """
    results = [result for result in episodes if result.is_counted]
    not_counted = [result.as_dict() for result in episodes if not result.is_counted]
    summary = score_of(results).facts()
    summary['terminations'] = dict(Counter(result.termination for result in results))
    summary |= {'settings': settings, 'results': [result.as_dict() for result in results]}
    if not_counted:
        summary['not_counted'] = not_counted
    return summary


def summary_line(episodes: list[EpisodeResult]) -> str:
    """Return the last line of a run: rate, causes, and what kept answers from the arm."""
    results = [result for result in episodes if result.is_counted]
    if not results:
        return 'no episode finished'
    score = score_of(results)
    failed = Counter(cause_of(result).mode for result in answered(results) if not result.success)
    causes = ', '.join(f'{count} {cause}' for cause, count in failed.most_common())
    not_counted = len(episodes) - len(results)
    parts = (
        score.silence,
        f'success {score.rate}',
        f'failed: {causes}' if causes else '',
        *score.notes(),
        f'not counted: {not_counted}' if not_counted else '',
    )
    return '; '.join(filter(None, parts))
