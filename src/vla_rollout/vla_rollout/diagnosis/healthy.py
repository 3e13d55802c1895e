"""What healthy episodes look like: thresholds and postures, stored beside the policy."""

from dataclasses import dataclass
import json
from pathlib import Path

import numpy as np
from vla_contract.command import write_json
from vla_contract.contract import RobotContract
from vla_contract.errors import VlaError
from vla_contract.values import ActionChunk, Vector
from vla_rollout.cycle import Cycle
from vla_rollout.diagnosis.conformal import conformal_threshold
from vla_rollout.diagnosis.detectors import make_detectors

FILE_NAME = 'healthy.json'
# Enough that the arm passes one every few centimetres of its way.
_POSTURES = 200


@dataclass(frozen=True)
class Healthy:
    """Learned from successful episodes of one policy on one robot.

    Attributes:
        thresholds: score that a healthy episode rarely exceeds, by name of the cause.
        postures: arm joints seen, shape (N, n) [rad or m].
        episodes: how many episodes it comes from.
        false_alarm_rate: at most this share of healthy episodes raises any alarm.
        contract_sha256: contract of the robot.
    """

    thresholds: dict[str, float]
    postures: Vector
    episodes: int
    false_alarm_rate: float
    contract_sha256: str

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        values = {**vars(self), 'postures': np.round(self.postures, 4).tolist()}
        write_json(path, values)


def load_healthy(path: Path, contract: RobotContract) -> Healthy:
    """Read what `Healthy.save` wrote.

    Raises:
        VlaError: the file is missing or damaged, or belongs to another contract.
    """
    try:
        values = json.loads(path.read_text())
        healthy = Healthy(**{**values, 'postures': np.array(values['postures'], dtype=float)})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise VlaError(f'{path}: not what vla_rollout.learn_healthy writes: {error}') from error
    if healthy.contract_sha256 != contract.sha256:
        raise VlaError(
            f'{path} was learned with another contract than {contract.name}; learn anew'
        )
    return healthy


class HealthyLearner:
    """Collects the largest score of every detector in successful episodes."""

    def __init__(self, contract: RobotContract, references: Vector) -> None:
        """Prepare to learn.

        Args:
            contract: the robot.
            references: postures of other successful episodes than those that set the thresholds,
                shape (N, n); a posture is no distance from itself.
        """
        self._contract = contract
        self._postures = references
        self._detectors = make_detectors(contract, references)
        self._maxima: dict[str, list[float]] = {d.cause.name: [] for d in self._detectors}
        self._running: dict[str, float] = {}

    def restart(self) -> None:
        """Begin an episode."""
        for detector in self._detectors:
            detector.restart()
        self._running = {}

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Take a chunk."""
        for detector in self._detectors:
            detector.see_chunk(chunk)

    def see_cycle(self, cycle: Cycle) -> None:
        """Take a cycle."""
        for detector in self._detectors:
            score = detector.see_cycle(cycle)
            if score is not None:
                name = detector.cause.name
                self._running[name] = max(score, self._running.get(name, 0.0))

    def keep(self) -> None:
        """Count the episode that just ended as healthy."""
        for name, score in self._running.items():
            self._maxima[name].append(score)

    def learn(self, false_alarm_rate: float) -> Healthy:
        """Return thresholds that together raise an alarm in this share of episodes at most.

        The rate is divided evenly among the detectors (Bonferroni).

        Raises:
            VlaError: too few episodes for the rate.
        """
        alpha = false_alarm_rate / len(self._detectors)
        known = {name: maxima for name, maxima in self._maxima.items() if maxima}
        try:
            thresholds = {name: conformal_threshold(m, alpha) for name, m in known.items()}
        except ValueError as error:
            raise VlaError(f'false alarms of {false_alarm_rate:g} in all: {error}') from error
        episodes = max((len(maxima) for maxima in known.values()), default=0)
        sha = self._contract.sha256
        return Healthy(thresholds, self._postures, episodes, false_alarm_rate, sha)
