"""What the checks know of an episode, and from where on they call it bad."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.schema import setting
from vla_contract.values import Vector
from vla_contract.vectors.component import END_EFFECTOR_DELTA
from vla_lerobot.dataset_checks.finding import Finding
from vla_lerobot.dataset_checks.images.signatures import View


@dataclass(frozen=True)
class EpisodeLimits:
    """From where on an episode counts as bad.

    The defaults leave room to what the scripted expert records (400 episodes at 10 Hz): an
    action is reached within 0.8 % of the joint's range, 5 % of the steps at most are idle, and
    the shortest episode has 0.77 of the median length; led by hand, with pauses, 0.38.

    What is compared between frames and episodes has its bounds beside the checks. They were
    measured on 120 good episodes of ten styles (`studies/demonstration_styles.py`: expert, noise
    up to 0.04 rad, slow, led with pauses, every twentieth image repeated, randomised as
    `tutorial`, `training` and `pseudo_real_c`), as images and through AV1: the state follows its
    action by 1.75 to 2.5 frames, leaves what was asked of it by 1.3 % of a joint's range at most,
    a shift of the images gains 1.3 standard deviations at most, pixels have a roughness of 0.17
    at most where noise has 1.
    """

    step_share: float = setting(
        0.0005, doc='a joint moved when it did more of its range in a step', lower=0.0, upper=1.0
    )
    idle_share: float = setting(0.6, doc='most steps without motion', lower=0.0, upper=1.0)
    length_share: float = setting(
        0.33, doc='shortest episode, of the median length', lower=0.0, upper=1.0
    )
    deviation_share: float = setting(
        0.05, doc='mean distance of state from action, of the range', lower=0.0, upper=1.0
    )
    largest_lag: int = setting(5, doc='steps within which an action is reached', lower=0)
    beyond_share: float = setting(
        0.05, doc='how far beyond its limits a joint may be, of its range', lower=0.0
    )


@dataclass(frozen=True)
class EpisodeRows:
    """The numbers of one episode, in the cell's joint order.

    Attributes:
        state: measured positions, shape (T, D) [rad or m].
        action: commanded positions, shape (T, D) [rad or m].
        stamp_s: time of each frame, shape (T,).
        length: frames that the dataset says it has.
        median_length: frames of its middle episode.
    """

    state: Vector
    action: Vector
    stamp_s: Vector
    length: int
    median_length: float


@dataclass(frozen=True)
class Episode:
    """All that is known of one episode.

    Attributes:
        number: in the dataset.
        rows: its numbers.
        views: what each camera saw, by the camera's feature; without those that cannot be read.
        unread: what went wrong when its images were read.
        task: number of its instruction; episodes of different tasks end differently.
        is_demonstration: whether it is imitated whole, not a failure or one with corrections.
    """

    number: int
    rows: EpisodeRows
    views: Mapping[str, View] = field(default_factory=dict)
    unread: tuple[Finding, ...] = ()
    task: str = ''
    is_demonstration: bool = True


@dataclass(frozen=True)
class Recorded:
    """The episodes of a dataset whose numbers are whole, and what they are held against.

    Attributes:
        episodes: in order.
        deployment: the robot, and what the numbers mean.
        limits: from where on an episode is bad.
    """

    episodes: tuple[Episode, ...]
    deployment: Deployment
    limits: EpisodeLimits

    @property
    def cell(self) -> Cell:
        """The robot and its joints."""
        return self.deployment.cell

    @cached_property
    def range(self) -> Vector:
        """Range of every joint, shape (D,) [rad or m]."""
        return np.array([joint.upper - joint.lower for joint in self.cell.joints])

    @property
    def has_positions(self) -> bool:
        """Whether actions come to joint positions, which states can be held against."""
        return self.deployment.policy.action_kind != END_EFFECTOR_DELTA

    @property
    def cameras(self) -> list[str]:
        """Cameras that any episode has."""
        return sorted({camera for episode in self.episodes for camera in episode.views})

    def seen_by(self, camera: str) -> Iterator[tuple[Episode, View]]:
        """Yield the episodes that have images of a camera."""
        for episode in self.episodes:
            if camera in episode.views:
                yield episode, episode.views[camera]
