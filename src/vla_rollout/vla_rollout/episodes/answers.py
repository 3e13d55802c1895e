"""Whether a policy answered at all: an episode without an answer says nothing about the policy."""

from collections.abc import Iterator, Sequence
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
    """

    successes: int
    episodes: int
    errors: int = 0
    failed_inferences: int = 0
    inference_failure: str = ''
    refused: int = 0
    chunk_refusal: str = ''

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
        if self.refused:
            yield f'chunks were refused in {self.refused} episodes{_last(self.chunk_refusal)}'

    def facts(self) -> dict[str, Any]:
        """Return counts, rate and interval for JSON; without an answer there is no rate."""
        values: dict[str, Any] = {
            'episodes': self.episodes,
            'successes': self.successes,
            'errors': self.errors,
            'failed_inferences': self.failed_inferences,
            'last_inference_failure': self.inference_failure,
            'episodes_with_refused_chunks': self.refused,
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
    refusals = [result.chunk_refusal for result in results if result.chunk_refusal]
    return Score(
        successes=sum(result.success for result in with_answer),
        episodes=len(with_answer),
        errors=len(silent),
        failed_inferences=sum(result.failed_inferences for result in results),
        inference_failure=failures[-1] if failures else '',
        refused=len(refusals),
        chunk_refusal=refusals[-1] if refusals else '',
    )


def _last(reason: str) -> str:
    return f' (last: {reason})' if reason else ''
