"""Why an episode ended as it did: one cause, the same wherever it is printed, counted or shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vla_rollout.diagnosis.cause import Mode
from vla_rollout.episodes.answers import Answered, has_answer
from vla_rollout.episodes.episode_loop import OPERATOR, STOPPED, SUCCESS, TIMEOUT

NOT_COUNTED, UNKNOWN, ASSISTED = 'not counted', 'unknown', 'assisted'
POLICY_FAILED, NO_ANSWER = 'policy failed', 'no answer'
MODE_OF_END: Mapping[str, Mode] = {
    TIMEOUT: Mode.TIMEOUT,
    STOPPED: Mode.STOP,
    OPERATOR: Mode.OPERATOR,
}
"""What a failed episode counts as when no detector found anything, by its termination."""


class Ended(Answered, Protocol):
    """What is known of the end of an episode, as in `EpisodeResult`."""

    @property
    def is_counted(self) -> bool:
        """Whether the episode counts."""

    @property
    def assisted(self) -> bool:
        """Whether the task was done, with a human who commanded arms for a while."""

    @property
    def termination(self) -> str:
        """How it ended."""

    @property
    def stop_cause(self) -> str:
        """Why the filter stopped the arm, '' when it did not."""

    @property
    def failure_mode(self) -> str | None:
        """What the diagnosis called it, None for nothing."""

    @property
    def failure_cause(self) -> str:
        """Name of the cause that the diagnosis named, '' for none."""

    @property
    def alarms(self) -> Sequence[str]:
        """Of the diagnosis, in order."""


@dataclass(frozen=True)
class EpisodeCause:
    """Why an episode ended.

    Attributes:
        mode: what it is counted as: success, assisted, not counted, policy failed, no answer, a
            failure mode, or a failure that the world saw, such as wrong_object.
        sentence: the mode with what is known of it.
    """

    mode: str
    sentence: str


def cause_of(result: Ended) -> EpisodeCause:
    """Return the one cause of an episode.

    A policy that never answered did not fail at the task, whatever the detectors saw of it. Then
    counts what the diagnosis found, then how the episode ended.
    """
    if not result.is_counted:
        return EpisodeCause(NOT_COUNTED, _joined(NOT_COUNTED, [result.termination]))
    if result.success:
        return EpisodeCause(SUCCESS, SUCCESS)
    if result.assisted:
        return EpisodeCause(ASSISTED, _joined(ASSISTED, [_help(result)]))
    mode = _mode(result)
    return EpisodeCause(mode, _joined(mode, _details(mode, result)))


def _mode(result: Ended) -> str:
    if not has_answer(result):
        return POLICY_FAILED if result.failed_inferences else NO_ANSWER
    end = result.termination
    return str(result.failure_mode or MODE_OF_END.get(end) or end or UNKNOWN)


def _details(mode: str, result: Ended) -> list[str]:
    """Return what is known beside the mode, without saying anything twice."""
    naming = _naming(mode, result)
    # The filter's own words say more than that it stopped.
    details = [result.stop_cause if mode == Mode.STOP and result.stop_cause else naming]
    if result.alarms and naming and not result.alarms[0].endswith(naming):
        details.append(f'first alarm {result.alarms[0].partition(" (")[0]}')
    if result.stop_cause and result.stop_cause not in details[0]:
        is_said = mode == Mode.STOP
        details.append(result.stop_cause if is_said else f'stopped: {result.stop_cause}')
    if result.failed_inferences:
        count = result.failed_inferences
        failed = f'{count} inference{"s" if count > 1 else ""} failed'
        details.append(', the last: '.join(filter(None, (failed, result.inference_failure))))
    if result.chunk_refusal and result.chunk_refusal not in details[0]:
        details.append(f'chunks were refused, the last: {result.chunk_refusal}')
    details.append(_help(result))
    if result.termination not in ('', mode, *MODE_OF_END):
        details.append(f'ended by {result.termination}')
    return details


def _naming(mode: str, result: Ended) -> str:
    """Return what the alarm says that named the failure, '' without one."""
    known = f'{result.failure_cause} '
    said = (alarm.partition(f' s: {mode}: ')[2] for alarm in result.alarms)
    return next((text for text in said if text and known in text), '')


def _help(result: Ended) -> str:
    """Return how much a human commanded, '' for nothing."""
    human = result.filter_counters.get('human_cycles', 0)
    share = human / max(human, result.filter_counters.get('cycles', 0), 1)
    return f'a human commanded {max(share, 0.01):.0%} of the time' if human else ''


def _joined(mode: str, details: Sequence[str]) -> str:
    return ': '.join(filter(None, (mode, '; '.join(filter(None, details)))))
