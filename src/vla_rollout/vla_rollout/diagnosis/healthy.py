"""What healthy episodes look like: thresholds and postures, stored beside the policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
import json
import logging
from pathlib import Path

import numpy as np
from vla_contract.cli.command import write_json
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.meaning import meaning_sha256
from vla_contract.errors import VlaError
from vla_contract.share import find_model
from vla_contract.values import ActionChunk, Image, Vector
from vla_policy_server.identity.checkpoint_content import checkpoint_content
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_rollout.diagnosis.conformal import conformal_threshold
from vla_rollout.diagnosis.detectors.images.training_images import TrainingImages
from vla_rollout.diagnosis.detectors.registry import make_detectors
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.episodes.policy_label import BUILT_IN

FILE_NAME = 'healthy.json'

_LOG = logging.getLogger(__name__)


class OtherCellError(VlaError):
    """What is healthy was learned in another cell, or with other limits."""

    def __init__(self, path: Path, cell: str) -> None:
        super().__init__(
            f'{path} was learned in another cell than {cell}; learn anew '
            '(vla rollout learn-thresholds)'
        )


@dataclass(frozen=True)
class Healthy:
    """Learned from successful episodes of one policy in one cell.

    Names of causes that no detector has any more are passed over.

    Attributes:
        thresholds: score that a healthy episode rarely exceeds, by name of the cause.
        postures: arm joints seen, shape (N, n) [rad or m].
        episodes: how many episodes it comes from.
        false_alarm_rate: at most this share of healthy episodes raises any alarm.
        cell_sha256: `healthy_sha256` of the cell.
    """

    thresholds: dict[str, float]
    postures: Vector
    episodes: int
    false_alarm_rate: float
    cell_sha256: str

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        values = {**vars(self), 'postures': np.round(self.postures, 4).tolist()}
        write_json(path, values)


def load_healthy(path: Path, cell: Cell) -> Healthy:
    """Read what `Healthy.save` wrote.

    Raises:
        VlaError: the file is missing or damaged.
        OtherCellError: it belongs to another cell.
    """
    try:
        values = json.loads(path.read_text())
        healthy = Healthy(**{**values, 'postures': np.array(values['postures'], dtype=float)})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise VlaError(f'{path}: not what vla rollout learn-thresholds writes: {error}') from error
    if healthy.cell_sha256 != healthy_sha256(cell):
        raise OtherCellError(path, cell.name)
    return healthy


def healthy_sha256(cell: Cell) -> str:
    """Return the hash of a cell by which it is known whether thresholds were learned in it.

    Whether the simulated robot measures effort makes no other cell: where it does not, the
    detector that needs effort is unavailable.
    """
    robot = replace(cell.robot, servo=replace(cell.robot.servo, measures_effort=False))
    return meaning_sha256(replace(cell, robots=(replace(cell.robots[0], robot=robot),)))


def find_healthy(deployment: Deployment, served: PolicyIdentity | None = None) -> Healthy | None:
    """Return what was learned of a deployment's policy, None when nothing was in its cell.

    Args:
        deployment: whose policy has a folder.
        served: what a policy server says it serves; another policy than the one in that folder
            has no thresholds. None where there is no server.

    Raises:
        VlaError: the file is damaged.
    """
    path = healthy_path(deployment)
    if path is None or not path.is_file():
        return None
    if served is not None and (other := _other_policy(deployment.policy.source, served)):
        # One that reads no checkpoint is no surprise where it was asked for.
        backend = deployment.policy.backend
        if served.backend != backend or backend not in BUILT_IN:
            _LOG.warning('%s was learned of another policy and is not used; %s', path, other)
        return None
    try:
        return load_healthy(path, deployment.cell)
    except OtherCellError as error:
        # A robot may be tried with other limits; nobody knows yet what is healthy then.
        _LOG.warning('%s', error)
        return None


def learned_line(deployment: Deployment, healthy: Healthy | None) -> str:
    """Return what was learned of a deployment's policy, or how to learn it.

    Args:
        deployment: what runs.
        healthy: as `find_healthy` returns it.
    """
    if healthy is not None:
        return f'learned from {healthy.episodes} episodes'
    cell = deployment.cell
    detectors = make_detectors(cell, np.empty((0, len(cell.arm))))
    missing = ', '.join(d.cause.name for d in detectors if d.threshold(None) is None)
    policy = deployment.policy
    cure = f'learn with: vla rollout learn-thresholds --deployment {deployment.name}'
    if not policy.source:
        cure = f'policy {policy.name} has no folder for it'
    elif policy.name != deployment.name:
        cure += f' --policy {policy.name}'
    return f'not learned: {cure}; without it nobody looks for {missing}'


def healthy_path(deployment: Deployment) -> Path | None:
    """Return where what was learned of a deployment's policy lies, None for one without source."""
    folder = policy_folder(deployment)
    return folder / FILE_NAME if folder else None


def policy_folder(deployment: Deployment) -> Path | None:
    """Return the folder of a deployment's policy, None for one without source."""
    source = deployment.policy.source
    return (find_model(source) or Path(source)) if source else None


def is_of_policy(deployment: Deployment, served: PolicyIdentity) -> bool:
    """Return whether what is served is the checkpoint in the folder of a deployment's policy."""
    return not _other_policy(deployment.policy.source, served)


def _other_policy(source: str, served: PolicyIdentity) -> str:
    """Return why what is served is not the checkpoint of a source, '' when it is."""
    if not served.content_sha256:
        return f'of the one that is served nothing is known: {served.unknown}'
    try:
        content = checkpoint_content(source)
    except VlaError as error:
        return str(error)
    if content.sha256 == served.content_sha256:
        return ''
    return f'policy_server serves {served.policy} (backend {served.backend})'


class HighestScores:
    """Observes an episode and keeps the highest score of every detector that has to learn."""

    def __init__(
        self, cell: Cell, postures: Vector, training: TrainingImages | None = None
    ) -> None:
        """Prepare to watch.

        Args:
            cell: its robot and cameras.
            postures: of other successful episodes, shape (N, n); a posture is no distance from
                itself.
            training: what the cameras showed in training, None for not known.
        """
        self._detectors = [d for d in make_detectors(cell, postures, training) if d.is_learned]
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

    def see_frame(self, camera: str, stamp_ns: int, image: Image) -> None:
        """Take an image, shape (H, W, 3), captured at a time [ns]."""
        for detector in self._detectors:
            detector.see_frame(camera, stamp_ns, image)

    def see_cycle(self, cycle: Cycle) -> None:
        """Take a cycle."""
        for detector in self._detectors:
            score, name = detector.see_cycle(cycle), detector.cause.name
            if score is not None:
                self.by_cause[name] = max(score, self.by_cause.get(name, 0.0))


def blind_spots(cell: Cell, thresholds: Mapping[str, float]) -> list[str]:
    """Return what can hardly be found any more, since healthy episodes show so much of it.

    Args:
        cell: its robot and cameras.
        thresholds: as `learn_thresholds` returns them.
    """
    found = []
    for detector in make_detectors(cell, np.empty((0, len(cell.arm)))):
        name = detector.cause.name
        taught = thresholds.get(name, 0.0)
        if detector.is_learned and taught >= detector.blind_at:
            found.append(
                f'{name}: episodes that count as healthy reach {taught:.3g} {detector.unit}; '
                f'"{detector.cause.symptom}" is only found above it; learn from a policy, or at '
                'seeds, that do without'
            )
    return found


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
