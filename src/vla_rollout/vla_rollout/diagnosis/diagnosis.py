"""Watches an episode with every detector and names what goes wrong."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.filter_status import ReasonCode
from vla_contract.values import ActionChunk, Image, NS_PER_S, Vector
from vla_rollout.diagnosis.alarm import Alarm, naming_alarm
from vla_rollout.diagnosis.cause import Mode
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.images.training_images import TrainingImages
from vla_rollout.diagnosis.detectors.joint_span import joint_span
from vla_rollout.diagnosis.detectors.latched import Latched
from vla_rollout.diagnosis.detectors.registry import make_detectors
from vla_rollout.diagnosis.healthy import Healthy
from vla_rollout.diagnosis.taxonomy import LATCHED, LATCHED_FOR
from vla_rollout.episodes.cause import MODE_OF_END
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.episodes.episode_loop import STOPPED

# Of a joint's range.
_MOVED = 0.01


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
    alarms = [*alarms, *_stop_alarm(result, alarms)]
    mode = None if is_done else failure_mode(alarms, result.termination)
    named = None if is_done else naming_alarm(alarms)
    return replace(
        result,
        failure_mode=str(mode) if mode else None,
        failure_cause=named.cause.name if named else '',
        advice=named.cause.fix if named else '',
        alarms=[f'{alarm.at_s:.2f} s: {alarm}' for alarm in alarms],
    )


def _stop_alarm(result: EpisodeResult, alarms: Sequence[Alarm]) -> list[Alarm]:
    """Return the alarm of the stop that ended an episode, where no cycle was seen that told it.

    On a running graph an episode ends with the first message that says so.
    """
    is_told = any(alarm.cause.name == LATCHED.name for alarm in alarms)
    if result.termination != STOPPED or is_told:
        return []
    code = getattr(result.stop_cause, 'code', ReasonCode.UNKNOWN)
    cause, unit = LATCHED_FOR.get(code, LATCHED), Latched.unit
    return [Alarm(cause, result.duration_s, 1.0, Latched.floor, unit, str(result.stop_cause))]


def diagnosis_of(
    deployment: Deployment, healthy: Healthy | None, training: TrainingImages | None
) -> 'Diagnosis':
    """Return who watches the episodes of a deployment.

    Args:
        deployment: its cell, and the cameras that its policy looks at.
        healthy: what was learned of the policy, None for nothing.
        training: what it was shown in training, None for not known.
    """
    cameras = {seen.camera for seen in deployment.policy.cameras}
    return Diagnosis(deployment.cell, healthy, cameras, training)


class Diagnosis:
    """Raises each alarm once per episode, in the order in which they appear.

    The same object watches a running episode and a recorded one. What needs no learning is always
    looked for. A detector that does is unavailable without a learned threshold: healthy episodes
    that lacked its measurement say nothing about it.

    Attributes:
        alarms: of the episode, in order.
        unavailable: names of the causes that cannot be found in it.
    """

    def __init__(
        self,
        cell: Cell,
        healthy: Healthy | None,
        cameras: Collection[str] | None = None,
        training: TrainingImages | None = None,
    ) -> None:
        """Prepare detectors and thresholds.

        Args:
            cell: its robot and cameras.
            healthy: what was learned of the policy, None for nothing.
            cameras: names of those that the policy looks at; None for all.
            training: what they showed in training, None for not known.
        """
        learned = healthy.thresholds if healthy else {}
        postures = healthy.postures if healthy else np.empty((0, len(cell.arm)))
        self._detectors = make_detectors(cell, postures, training)
        thresholds = [(d, d.threshold(learned.get(d.cause.name))) for d in self._detectors]
        self._watched = [(d, threshold) for d, threshold in thresholds if threshold is not None]
        self._cameras = cameras
        self._arm = np.array(cell.arm)
        self._moved = _MOVED * joint_span(cell)[self._arm]
        self.restart()

    def restart(self) -> None:
        """Begin an episode."""
        self.go_on()
        self.alarms: list[Alarm] = []
        watched = {detector.cause.name for detector, _ in self._watched}
        self.unavailable = {detector.cause.name for detector in self._detectors} - watched
        self._raised: dict[str, int] = {}
        self._began_ns: int | None = None
        self._start: Vector | None = None
        self._has_moved = self._is_human = False

    def go_on(self) -> None:
        """Go on after a pause, in which time passed and nothing happened; alarms stay."""
        for detector in self._detectors:
            detector.restart()

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Take a chunk that the filter took."""
        for detector in self._detectors:
            detector.see_chunk(chunk)

    def see_refused(self, chunk: ActionChunk) -> None:
        """Take a chunk that the filter refused."""
        for detector in self._detectors:
            detector.see_refused(chunk)

    def see_frame(self, camera: str, stamp_ns: int, image: Image) -> None:
        """Take an image of a camera, shape (H, W, 3), captured at a time [ns]."""
        if self._cameras is not None and camera not in self._cameras:
            return
        for detector in self._detectors:
            detector.see_frame(camera, stamp_ns, image)

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
        new: list[Alarm] = []
        over: set[str] = set()
        for detector, threshold in self._watched:
            score, name = detector.see_cycle(cycle), detector.cause.name
            if score is None:
                self.unavailable.add(name)
                continue
            # What can be measured from a later cycle on, such as an image, is available.
            self.unavailable.discard(name)
            if score <= threshold:
                over.add(name)
            elif name not in self._raised:
                self._raised[name] = len(self.alarms) + len(new)
                new.append(_alarm(detector, at_s, score, threshold))
        self.alarms += new
        if not self._has_moved and self._moves(cycle):
            self._has_moved = True
            self._pass(over)
        return new

    def _moves(self, cycle: Cycle) -> bool:
        here = cycle.joints.position[self._arm]
        self._start = here if self._start is None else self._start
        return bool((np.abs(here - self._start) > self._moved).any())

    def _pass(self, over: set[str]) -> None:
        """Mark the alarms that are over when the arm begins to move: they name nothing later."""
        for name in over & set(self._raised):
            number = self._raised[name]
            self.alarms[number] = replace(self.alarms[number], is_past=True)


def _alarm(detector: Detector, at_s: float, score: float, threshold: float) -> Alarm:
    return Alarm(detector.found, at_s, score, threshold, detector.unit, detector.evidence)


def _is_human(cycle: Cycle) -> bool:
    return bool(cycle.human) or cycle.reason.code is ReasonCode.HAND_BACK
