"""What healthy episodes look like: thresholds and postures, stored beside the policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
import logging
from pathlib import Path

import numpy as np
from vla_contract.cli.command import write_json
from vla_contract.contract import RobotContract
from vla_contract.errors import VlaError
from vla_contract.share import find_model
from vla_contract.values import ActionChunk, Vector
from vla_rollout.diagnosis.conformal import conformal_threshold
from vla_rollout.diagnosis.detectors.registry import make_detectors
from vla_rollout.episodes.cycle import Cycle

FILE_NAME = 'healthy.json'

_LOG = logging.getLogger(__name__)


class OtherContractError(VlaError):
    """What is healthy was learned on another robot, or with other limits."""

    def __init__(self, path: Path, robot: str) -> None:
        super().__init__(
            f'{path} was learned with another contract than {robot}; learn anew '
            '(vla rollout learn-thresholds)'
        )


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
        VlaError: the file is missing or damaged.
        OtherContractError: it belongs to another contract.
    """
    try:
        values = json.loads(path.read_text())
        healthy = Healthy(**{**values, 'postures': np.array(values['postures'], dtype=float)})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise VlaError(f'{path}: not what vla rollout learn-thresholds writes: {error}') from error
    if healthy.contract_sha256 != contract.sha256:
        raise OtherContractError(path, contract.name)
    return healthy


def find_healthy(policy: str, contract: RobotContract) -> Healthy | None:
    """Return what was learned of a policy, None when nothing was, or with another contract.

    Args:
        policy: name under models/, or folder of a checkpoint.
        contract: the robot.

    Raises:
        VlaError: the file is damaged.
    """
    path = (find_model(policy) or Path(policy)) / FILE_NAME
    if not path.is_file():
        return None
    try:
        return load_healthy(path, contract)
    except OtherContractError as error:
        # A robot may be tried with other limits; nobody knows yet what is healthy then.
        _LOG.warning('no diagnosis: %s', error)
        return None


class HighestScores:
    """Observes an episode and keeps the highest score of every detector."""

    def __init__(self, contract: RobotContract, postures: Vector) -> None:
        """Prepare to watch.

        Args:
            contract: the robot.
            postures: of other successful episodes, shape (N, n); a posture is no distance from
                itself.
        """
        self._detectors = make_detectors(contract, postures)
        self.by_cause: dict[str, float] = {}

    def restart(self) -> None:
        """Begin an episode."""
        for detector in self._detectors:
            detector.restart()
        self.by_cause = {}

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Take a chunk."""
        for detector in self._detectors:
            detector.see_chunk(chunk)

    def see_cycle(self, cycle: Cycle) -> None:
        """Take a cycle."""
        for detector in self._detectors:
            score, name = detector.see_cycle(cycle), detector.cause.name
            if score is not None:
                self.by_cause[name] = max(score, self.by_cause.get(name, 0.0))


def learn_thresholds(
    episodes: Sequence[Mapping[str, float]], false_alarm_rate: float
) -> dict[str, float]:
    """Return thresholds that together raise an alarm in this share of healthy episodes at most.

    The rate is divided evenly among the detectors (Bonferroni).

    Args:
        episodes: highest score by name of the cause, of each healthy episode.
        false_alarm_rate: in (0, 1).

    Raises:
        VlaError: there are too few episodes for the rate.
    """
    names = sorted({name for episode in episodes for name in episode})
    maxima = {name: [e[name] for e in episodes if name in e] for name in names}
    alpha = false_alarm_rate / max(1, len(names))
    try:
        return {name: conformal_threshold(scores, alpha) for name, scores in maxima.items()}
    except ValueError as error:
        raise VlaError(f'false alarms of {false_alarm_rate:g} in all: {error}') from error
