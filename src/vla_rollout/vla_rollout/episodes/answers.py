"""Whether a policy answered at all: an episode without an answer says nothing about the policy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from vla_rollout.statistics.intervals import format_interval, Interval, wilson_interval


class Answered(Protocol):
    """What is known of an episode and its answers, as in `EpisodeResult`."""

    @property
    def success(self) -> bool:
        """Whether the task was done."""

    @property
    def chunks(self) -> int:
        """How many chunks reached the filter."""

    @property
    def failed_inferences(self) -> int:
        """How often the policy raised, or answered what cannot be used."""

    @property
    def inference_failure(self) -> str:
        """Why the last of them did, '' for none."""

    @property
    def chunk_refusal(self) -> str:
        """Why the filter refused the last chunk that it refused, '' for none."""

    @property
    def filter_counters(self) -> Mapping[str, int]:
        """What the filter counted, `rejected_chunks` among it."""


def has_answer(result: Answered) -> bool:
    """Return whether a chunk of the policy reached the filter in an episode."""
    return result.chunks > 0 or bool(result.chunk_refusal)


def answered[T: Answered](results: Sequence[T]) -> list[T]:
    """Return the episodes that had an answer: the rates are theirs."""
    return [result for result in results if has_answer(result)]


@dataclass(frozen=True)
class Score:
    """How many episodes succeeded, of those that had an answer, and how many had none.

    Attributes:
        successes: of the episodes with an answer.
        episodes: that had an answer.
        errors: episodes that had none.
        failed_inferences: of all episodes.
        inference_failure: why the last inference failed, in an episode without an answer where
            there is one; '' for none.
        refused: in how many episodes chunks were refused.
        chunk_refusal: why the last one was, '' for none.
        taken_chunks: chunks of all episodes that the filter took.
        refused_chunks: chunks that it refused; 0 also where nobody counted them.
    """

    successes: int
    episodes: int
    errors: int = 0
    failed_inferences: int = 0
    inference_failure: str = ''
    refused: int = 0
    chunk_refusal: str = ''
    taken_chunks: int = 0
    refused_chunks: int = 0

    @property
    def interval(self) -> Interval | None:
        """Success rate with its Wilson interval, None where no episode had an answer."""
        return wilson_interval(self.successes, self.episodes) if self.episodes else None

    @property
    def rate(self) -> str:
        """E.g. '5/7 (71%, 95 % interval 36-92%)'."""
        return format_interval(self.successes, self.episodes) if self.episodes else 'unknown'

    @property
    def silence(self) -> str:
        """E.g. '3 of 10 episodes had no answer (last: out of memory)', '' for none."""
        if not self.errors:
            return ''
        total = self.episodes + self.errors
        return f'{self.errors} of {total} episodes had no answer{_last(self.inference_failure)}'

    def notes(self) -> Iterator[str]:
        """Yield what kept answers of the policy from the arm, in episodes that had some."""
        if self.failed_inferences:
            last = '' if self.errors else _last(self.inference_failure)
            yield f'{self.failed_inferences} inferences failed{last}'
        if self.refused_chunks:
            count = f'{self.refused_chunks} of {self.taken_chunks + self.refused_chunks}'
            last = _last(self.chunk_refusal) + self._advice
            yield f'{count} chunks were refused, in {self.refused} episodes{last}'
        elif self.refused:
            yield f'chunks were refused in {self.refused} episodes{_last(self.chunk_refusal)}'

    @property
    def _advice(self) -> str:
        """What to ask where most chunks begin far from the arm."""
        if 'jump' not in self.chunk_refusal or self.refused_chunks <= self.taken_chunks:
            return ''
        return ': are these velocities, moves or degrees? vla check policy'

    def facts(self) -> dict[str, Any]:
        """Return counts, rate and interval for JSON; without an answer there is no rate."""
        values: dict[str, Any] = {
            'episodes': self.episodes,
            'successes': self.successes,
            'errors': self.errors,
            'failed_inferences': self.failed_inferences,
            'last_inference_failure': self.inference_failure,
            'episodes_with_refused_chunks': self.refused,
            'refused_chunks': self.refused_chunks,
            'last_chunk_refusal': self.chunk_refusal,
        }
        if self.interval:
            rate, lower, upper = self.interval
            values |= {'success_rate': rate, 'wilson_95': [lower, upper]}
        return values


def score_of(results: Sequence[Answered]) -> Score:
    """Return the score of episodes that count."""
    with_answer = answered(results)
    silent = [result for result in results if not has_answer(result)]
    failures = [r.inference_failure for r in silent if r.inference_failure]
    failures = failures or [r.inference_failure for r in results if r.inference_failure]
    counts = [result.filter_counters.get('rejected_chunks', 0) for result in results]
    refusals = [result.chunk_refusal for result in results if result.chunk_refusal]
    return Score(
        successes=sum(result.success for result in with_answer),
        episodes=len(with_answer),
        errors=len(silent),
        failed_inferences=sum(result.failed_inferences for result in results),
        inference_failure=failures[-1] if failures else '',
        refused=sum(
            bool(count or result.chunk_refusal)
            for count, result in zip(counts, results, strict=True)
        ),
        chunk_refusal=refusals[-1] if refusals else '',
        taken_chunks=sum(result.chunks for result in results),
        refused_chunks=sum(counts),
    )


def _last(reason: str) -> str:
    return f' (last: {reason})' if reason else ''
