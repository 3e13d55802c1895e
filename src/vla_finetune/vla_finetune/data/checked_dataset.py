"""A dataset of demonstrations, of which every episode was checked."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import VlaError
from vla_finetune.data.frames_in_memory import bytes_in_memory, FramesInMemory
from vla_finetune.data.in_policy_order import InPolicyOrder
from vla_finetune.data.told_instruction import Embeddings, embeddings_of, ToldInstruction
from vla_lerobot.compatibility import require_features, require_same_robot
from vla_lerobot.dataset_checks.dataset import check_episodes
from vla_lerobot.dataset_checks.episodes import EpisodeLimits
from vla_lerobot.dataset_checks.roles import episode_roles, EpisodeRoles
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.frames import open_dataset
from vla_lerobot.instruction_embedding import ENVIRONMENT_STATE, InstructionEncoder
from vla_lerobot.record_columns import planned_frames
from vla_lerobot.vector_order import vector_order, VectorOrder

Frames = NDArray[np.int64]


@dataclass(frozen=True)
class CheckedDataset:
    """A dataset without its bad episodes.

    Attributes:
        dataset: LeRobotDataset.
        order: of the policy's numbers in the dataset's.
        read: returns a frame as the dataset has it, by its number.
        samples: its frames as the policy is trained on them, numbers in the policy's order.
        is_in_memory: whether the samples are, or are read from the disk.
        roles: what its episodes are good for, bad ones among them.
        bad: faults by episode; none of these is trained on.
        is_usable: per frame, whether a plan asked for all actions of its sample, shape (N,).
        embeddings: of its instructions, for a policy that takes them; else none.
    """

    dataset: Any
    order: VectorOrder
    read: Callable[[int], dict[str, Any]]
    samples: Any
    is_in_memory: bool
    roles: EpisodeRoles
    bad: dict[int, tuple[str, ...]]
    is_usable: NDArray[np.bool_]
    embeddings: Embeddings = field(default_factory=dict)

    @property
    def demonstrations(self) -> list[int]:
        """Good episodes that are imitated whole."""
        return [episode for episode in self.roles.demonstrations if episode not in self.bad]

    @property
    def corrected(self) -> list[int]:
        """Good episodes in which a person corrected the policy."""
        return [episode for episode in self.roles.corrected if episode not in self.bad]

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """A hash of the numbers of each episode: copies have the same."""
        columns = [self.column(key).astype(np.float32) for key in (STATE, ACTION)]
        return tuple(
            hashlib.sha256(b''.join(column[own].tobytes() for column in columns)).hexdigest()
            for own in map(self._range, range(int(self.dataset.num_episodes)))
        )

    def column(self, key: str) -> NDArray[Any]:
        """Return a column of numbers of all frames, in the policy's order."""
        rows = self.dataset.hf_dataset.with_format('numpy').select_columns([key])[:]
        ordered: NDArray[Any] = self.order.numbers(key, np.asarray(rows[key]))
        return ordered

    def episode_of(self, frame: int) -> tuple[int, int]:
        """Return the episode of a frame, and its number within it."""
        ends = np.asarray(self.dataset.meta.episodes['dataset_to_index'])
        episode = int(np.searchsorted(ends, frame, side='right'))
        return episode, frame - self._range(episode).start

    def corrections_of(self, episodes: Collection[int]) -> Frames:
        """Return the frames of some episodes in which a person corrected the policy."""
        frames = self.frames_of(episodes)
        return frames[self.roles.is_correction[frames]]

    def frames_of(self, episodes: Collection[int]) -> Frames:
        """Return the frames of some episodes, but those in which the arm was held or stopped."""
        ranges = [np.arange(own.start, own.stop) for own in map(self._range, episodes)]
        frames = np.concatenate([np.empty(0, dtype=np.int64), *ranges])
        usable: Frames = frames[self.is_usable[frames]]
        return usable

    def _range(self, episode: int) -> slice:
        ends = self.dataset.meta.episodes[episode]
        return slice(int(ends['dataset_from_index']), int(ends['dataset_to_index']))


def open_checked(
    path: str,
    deployment: Deployment,
    policy: Any,
    memory_bytes: float,
    skip_bad: bool,
    encoder: InstructionEncoder | None = None,
) -> CheckedDataset:
    """Open a dataset and check every episode.

    Args:
        path: folder of a LeRobotDataset v3.
        deployment: the robot it must be of, and what its numbers mean.
        policy: LeRobot's configuration of the policy, which says what a sample consists of.
        memory_bytes: keep the frames in memory when they fit into this.
        skip_bad: leave bad episodes out.
        encoder: of the instructions, for a policy that takes their embedding.

    Raises:
        VlaError: it is not there, of another robot, or has bad episodes that may not be left
            out; names them.
    """
    dataset = open_dataset(Path(path))
    require_same_robot(deployment, dataset)
    made = (ENVIRONMENT_STATE,) if encoder else ()
    require_features(str(policy.pretrained_path), policy, dataset, made)
    order = vector_order(deployment, dataset)
    samples = sample_source(dataset, policy, memory_bytes)
    is_in_memory = isinstance(samples, FramesInMemory)
    # What is decoded for the check stays decoded for the training, where there is memory.
    read = samples.read if is_in_memory else dataset.__getitem__
    verdicts = check_episodes(dataset, read, deployment, EpisodeLimits())
    bad = {verdict.episode: verdict.faults for verdict in verdicts if verdict.faults}
    if bad and not skip_bad:
        named = '; '.join(f'{episode} ({", ".join(faults)})' for episode, faults in bad.items())
        raise VlaError(
            f'{path} has bad episodes: {named}; look at them with '
            'vla check dataset, or leave them out with --skip-bad'
        )
    embeddings = embeddings_of(dataset, encoder) if encoder else {}
    in_order = InPolicyOrder(samples, order) if order.indices else samples
    is_usable = planned_frames(dataset, policy.action_delta_indices or (0,))
    return CheckedDataset(
        dataset=dataset,
        order=order,
        read=read,
        samples=ToldInstruction(in_order, embeddings) if embeddings else in_order,
        is_in_memory=is_in_memory,
        roles=episode_roles(dataset),
        bad=bad,
        is_usable=is_usable,
        embeddings=embeddings,
    )


def sample_source(dataset: Any, policy: Any, memory_bytes: float) -> Any:
    """Return a dataset as training samples of a policy, in memory where it fits."""
    from lerobot.datasets import LeRobotDataset
    from lerobot.datasets.factory import resolve_delta_timestamps

    stamps = resolve_delta_timestamps(policy, dataset.meta) or {}
    if bytes_in_memory(dataset) <= memory_bytes:
        offsets = {key: [round(t * dataset.fps) for t in times] for key, times in stamps.items()}
        return FramesInMemory(dataset, offsets)
    root, name = dataset.root, dataset.repo_id
    return LeRobotDataset(name, root=root, delta_timestamps=stamps or None, return_uint8=True)
