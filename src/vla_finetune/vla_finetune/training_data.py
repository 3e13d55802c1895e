"""The samples of a fine-tuning: checked episodes, sorted into pools, some of them held out."""

from collections.abc import Collection
from dataclasses import dataclass
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import VlaError
from vla_finetune.finetune_settings import FinetuneSettings
from vla_finetune.frames_in_memory import bytes_in_memory, FramesInMemory
from vla_finetune.mixed_batches import Pool
from vla_lerobot.compatibility import require_features, require_same_robot
from vla_lerobot.dataset_checks.dataset import check_episodes
from vla_lerobot.dataset_checks.episodes import EpisodeLimits
from vla_lerobot.dataset_checks.roles import episode_roles, EpisodeRoles
from vla_lerobot.frames import open_dataset
from vla_lerobot.record_columns import planned_frames

Frames = NDArray[np.int64]


@dataclass(frozen=True)
class CheckedDataset:
    """A dataset without its bad episodes.

    Attributes:
        dataset: LeRobotDataset.
        samples: its frames as the policy is trained on them.
        roles: what its episodes are good for, bad ones among them.
        bad: faults by episode; none of these is trained on.
        is_usable: per frame, whether a plan asked for all actions of its sample, shape (N,).
    """

    dataset: Any
    samples: Any
    roles: EpisodeRoles
    bad: dict[int, tuple[str, ...]]
    is_usable: NDArray[np.bool_]

    @property
    def demonstrations(self) -> list[int]:
        """Good episodes that are imitated whole."""
        return [episode for episode in self.roles.demonstrations if episode not in self.bad]

    @property
    def corrections(self) -> Frames:
        """Frames of good episodes in which a person corrected the policy."""
        corrected = [episode for episode in self.roles.corrected if episode not in self.bad]
        frames = self.frames_of(corrected)
        return frames[self.roles.is_correction[frames]]

    def frames_of(self, episodes: Collection[int]) -> Frames:
        """Return the frames of some episodes, but those in which the arm was held or stopped."""
        ends = self.dataset.meta.episodes
        ranges = [
            np.arange(ends['dataset_from_index'][episode], ends['dataset_to_index'][episode])
            for episode in episodes
        ]
        frames = np.concatenate([np.empty(0, dtype=np.int64), *ranges])
        usable: Frames = frames[self.is_usable[frames]]
        return usable


def open_checked(
    path: str, deployment: Deployment, policy: Any, memory_bytes: float, skip_bad: bool
) -> CheckedDataset:
    """Open a dataset and check every episode.

    Args:
        path: folder of a LeRobotDataset v3.
        deployment: the robot it must be of, and what its numbers mean.
        policy: LeRobot's configuration of the policy, which says what a sample consists of.
        memory_bytes: keep the frames in memory when they fit into this.
        skip_bad: leave bad episodes out.

    Raises:
        VlaError: it is not there, of another robot, or has bad episodes that may not be left
            out; names them.
    """
    dataset = open_dataset(Path(path))
    require_same_robot(deployment, dataset)
    require_features(str(policy.pretrained_path), policy, dataset)
    samples = sample_source(dataset, policy, memory_bytes)
    # What is decoded for the check stays decoded for the training, where there is memory.
    read = samples.read if isinstance(samples, FramesInMemory) else dataset.__getitem__
    verdicts = check_episodes(dataset, read, deployment, EpisodeLimits())
    bad = {verdict.episode: verdict.faults for verdict in verdicts if verdict.faults}
    if bad and not skip_bad:
        named = '; '.join(f'{episode} ({", ".join(faults)})' for episode, faults in bad.items())
        raise VlaError(
            f'{path} has bad episodes: {named}; look at them with '
            'vla check dataset, or leave them out with --skip-bad'
        )
    is_usable = planned_frames(dataset, policy.action_delta_indices or (0,))
    return CheckedDataset(dataset, samples, episode_roles(dataset), bad, is_usable)


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


@dataclass(frozen=True)
class TrainingData:
    """What is trained on, and what is measured on.

    Attributes:
        real: the dataset of the robot.
        sim: that of the simulator, or None.
        pools: frames and their shares; frames of `sim` count on from the last real one.
        held_out: real frames that are never trained on.
        held_out_episodes: their episodes.
    """

    real: CheckedDataset
    sim: CheckedDataset | None
    pools: tuple[Pool, ...]
    held_out: Frames
    held_out_episodes: tuple[int, ...]


def prepare_data(
    settings: FinetuneSettings, real: CheckedDataset, sim: CheckedDataset | None
) -> TrainingData:
    """Hold episodes out, and make the pools.

    Successes and corrections share the real samples as `correction_share` says, however many
    frames each has; without corrections the demonstrations get them all.

    Raises:
        VlaError: no episode is left to train on or to validate with.
    """
    episodes = real.demonstrations
    count = math.ceil(settings.held_out_share * len(episodes))
    shuffled = np.random.default_rng(settings.seed).permutation(episodes)
    held_out, trained = sorted(map(int, shuffled[:count])), sorted(map(int, shuffled[count:]))
    if not trained:
        raise VlaError(
            f'{settings.real}: {len(episodes)} good demonstrations, of which {count} are held '
            'out; allowed: at least one to train on'
        )
    sim_share = settings.sim_share if sim is not None else 0.0
    corrections = real.corrections
    corrected = settings.correction_share if len(corrections) else 0.0
    pools = [
        Pool('demonstrations', real.frames_of(trained), (1 - sim_share) * (1 - corrected)),
        Pool('corrections', corrections, (1 - sim_share) * corrected),
    ]
    if sim is not None:
        if not sim.demonstrations:
            raise VlaError(f'{settings.sim}: found no good demonstration; allowed: at least one')
        frames = sim.frames_of(sim.demonstrations) + int(real.dataset.num_frames)
        pools.append(Pool('simulated', frames, sim_share))
    used = tuple(pool for pool in pools if pool.share)
    return TrainingData(real, sim, used, real.frames_of(held_out), tuple(held_out))
