"""Whether a policy answered at all: an episode without an answer says nothing about the policy."""

from collections.abc import Iterator, Sequence
from typing import Any

from vla_rollout.episodes.episode import EpisodeResult


def has_answer(result: EpisodeResult) -> bool:
    """Return whether a chunk of the policy reached the filter in an episode."""
    return result.chunks > 0 or bool(result.chunk_refusal)


def answered(results: Sequence[EpisodeResult]) -> bool:
    """Return whether there was an answer in any episode."""
    return any(map(has_answer, results))


def answer_counts(results: Sequence[EpisodeResult]) -> dict[str, Any]:
    """Return what a summary says about inferences that failed, in the policy or by being late."""
    failed = [result for result in results if result.failed_inferences]
    return {
        'failed_inferences': sum(result.failed_inferences for result in failed),
        'episodes_with_failed_inferences': len(failed),
        'episodes_without_an_answer': sum(not has_answer(result) for result in results),
        'last_inference_failure': failed[-1].inference_failure if failed else '',
    }


def answer_lines(results: Sequence[EpisodeResult], of: str = '') -> Iterator[str]:
    """Yield what kept answers of the policy from the arm, over all episodes.

    Args:
        results: of the episodes.
        of: which of several policies and domains, as the lines begin.
    """
    begin = f'{of}: ' if of else ''
    counts = answer_counts(results)
    if silent := counts['episodes_without_an_answer']:
        yield (
            f'{begin}no answer of the policy in {silent} of {len(results)} episodes: the success '
            f'rate counts them as failed, and says nothing about the policy there'
        )
    if failed := counts['failed_inferences']:
        yield f'{begin}{failed} inferences failed; the last: {counts["last_inference_failure"]}'
    refused = [result.chunk_refusal for result in results if result.chunk_refusal]
    if refused:
        yield f'{begin}chunks were refused in {len(refused)} episodes; the last: {refused[-1]}'
