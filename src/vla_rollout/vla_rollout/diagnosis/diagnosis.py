"""Watches an episode with every detector and names what goes wrong."""

from collections.abc import Sequence
from dataclasses import replace

from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import ReasonCode
from vla_contract.values import ActionChunk, NS_PER_S
from vla_rollout.diagnosis.alarm import Alarm, naming_alarm
from vla_rollout.diagnosis.detectors.registry import make_detectors
from vla_rollout.diagnosis.healthy import Healthy
from vla_rollout.diagnosis.taxonomy import Mode
from vla_rollout.episodes.cause import MODE_OF_END
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.episodes.episode import EpisodeResult


def failure_mode(alarms: Sequence[Alarm], termination: str) -> Mode | None:
    """Return how a failed episode failed, None when only its termination says so.

    Args:
        alarms: of the episode, in order.
        termination: as in `EpisodeResult`.
    """
    if alarm := naming_alarm(alarms):
        return alarm.cause.mode
    return MODE_OF_END.get(termination)


def diagnosed(result: EpisodeResult, alarms: Sequence[Alarm]) -> EpisodeResult:
    """Return the result of an episode with its alarms and, if it failed, with its failure mode."""
    is_done = result.success or result.assisted
    mode = None if is_done else failure_mode(alarms, result.termination)
    return replace(
        result,
        failure_mode=str(mode) if mode else None,
        alarms=[f'{alarm.at_s:.2f} s: {alarm}' for alarm in alarms],
    )


class Diagnosis:
    """Raises each alarm once per episode, in the order in which they appear.

    The same object watches a running episode and a recorded one. A detector without a learned
    threshold is unavailable: healthy episodes that lacked its measurement say nothing about it.

    Attributes:
        alarms: of the episode, in order.
        unavailable: names of the causes that cannot be found in it.
    """

    def __init__(self, cell: Cell, healthy: Healthy) -> None:
        """Prepare detectors and thresholds."""
        self._detectors = make_detectors(cell, healthy.postures)
        learned = healthy.thresholds
        self._watched = [
            (detector, max(detector.floor, learned[detector.cause.name]))
            for detector in self._detectors
            if detector.cause.name in learned
        ]
        self.restart()

    def restart(self) -> None:
        """Begin an episode."""
        self.go_on()
        self.alarms: list[Alarm] = []
        watched = {detector.cause.name for detector, _ in self._watched}
        self.unavailable = {detector.cause.name for detector in self._detectors} - watched
        self._raised: set[str] = set()
        self._began_ns: int | None = None
        self._is_human = False

    def go_on(self) -> None:
        """Go on after a pause, in which time passed and nothing happened; alarms stay."""
        for detector in self._detectors:
            detector.restart()

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Take a chunk that the filter took."""
        for detector in self._detectors:
            detector.see_chunk(chunk)

    def see_cycle(self, cycle: Cycle) -> list[Alarm]:
        """Take a cycle; return the alarms that begin in it.

        What a human commands, and the wait for the policy after it, says nothing of the policy.
        """
        if self._began_ns is None:
            self._began_ns = cycle.now_ns
        was_human, self._is_human = self._is_human, _is_human(cycle)
        if self._is_human:
            return []
        if was_human:
            self.go_on()
        at_s = (cycle.now_ns - self._began_ns) / NS_PER_S
        new = []
        for detector, threshold in self._watched:
            score, name = detector.see_cycle(cycle), detector.cause.name
            if score is None:
                self.unavailable.add(name)
            elif score > threshold and name not in self._raised:
                self._raised.add(name)
                new.append(Alarm(detector.cause, at_s, score, threshold, detector.unit))
        self.alarms += new
        return new


def _is_human(cycle: Cycle) -> bool:
    return bool(cycle.human) or cycle.reason.code is ReasonCode.HAND_BACK
