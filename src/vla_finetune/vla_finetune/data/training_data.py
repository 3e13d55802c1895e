"""The samples of a fine-tuning: good episodes, sorted into pools, some of them held out."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
import math

import numpy as np
from vla_contract.errors import VlaError
from vla_finetune.data.checked_dataset import CheckedDataset, Frames
from vla_finetune.data.mixed_batches import Pool
from vla_finetune.finetune_settings import FinetuneSettings


@dataclass(frozen=True)
class TrainingData:
    """What is trained on, and what is measured on.

    Attributes:
        real: the dataset of the robot.
        sim: that of the simulator, or None.
        pools: frames and their shares; frames of `sim` count on from the last real one.
        held_out: real frames that are never trained on.
        held_out_episodes: their episodes.
        copies: simulated episodes that are not trained on, because they are held out as real ones.
    """

    real: CheckedDataset
    sim: CheckedDataset | None
    pools: tuple[Pool, ...]
    held_out: Frames
    held_out_episodes: tuple[int, ...]
    copies: tuple[int, ...] = ()

    def trained_frames(self) -> list[tuple[CheckedDataset, Frames]]:
        """Return each dataset with the frames of it that are trained on, in their order."""
        frames = np.sort(np.concatenate([pool.frames for pool in self.pools]))
        first = int(self.real.dataset.num_frames)
        parts = [(self.real, frames[frames < first])]
        if self.sim is not None:
            parts.append((self.sim, frames[frames >= first] - first))
        return [(checked, own) for checked, own in parts if len(own)]

    def origin_of(self, frame: int) -> tuple[CheckedDataset, int]:
        """Return the dataset of a frame of the pools, and its number there."""
        first = int(self.real.dataset.num_frames)
        if self.sim is None or frame < first:
            return self.real, frame
        return self.sim, frame - first


def prepare_data(
    settings: FinetuneSettings, real: CheckedDataset, sim: CheckedDataset | None
) -> TrainingData:
    """Hold episodes out, and make the pools.

    Successes and corrections share the real samples as `correction_share` says, however many
    frames each has; without corrections the demonstrations get them all. Episodes with equal
    numbers are held out together: on a copy of what it was trained on a policy is always good.

    Raises:
        VlaError: no episode or frame is left to train on or to validate with.
    """
    episodes = real.demonstrations
    count = math.ceil(settings.held_out_share * len(episodes))
    shuffled = np.random.default_rng(settings.seed).permutation(episodes)
    unseen = {real.digests[int(episode)] for episode in shuffled[:count]}
    held_out, trained = _split(real, episodes, unseen)
    if not trained:
        raise VlaError(
            f'{settings.real}: {len(episodes)} good demonstrations, of which {len(held_out)} are '
            'held out, copies of each other together; allowed: at least one to train on'
        )
    sim_share = settings.sim_share if sim is not None else 0.0
    corrections = real.corrections_of(_split(real, real.corrected, unseen)[1])
    corrected = settings.correction_share if len(corrections) else 0.0
    pools = [
        Pool('demonstrations', real.frames_of(trained), (1 - sim_share) * (1 - corrected)),
        Pool('corrections', corrections, (1 - sim_share) * corrected),
    ]
    copies: list[int] = []
    if sim is not None:
        copies, usable = _split(sim, sim.demonstrations, unseen)
        if not usable:
            raise VlaError(
                f'{settings.sim}: found no good demonstration that is not held out of '
                f'{settings.real}; allowed: at least one'
            )
        frames = sim.frames_of(usable) + int(real.dataset.num_frames)
        pools.append(Pool('simulated', frames, sim_share))
    used = tuple(pool for pool in pools if pool.share)
    measured = real.frames_of(held_out)
    empty = [pool.name for pool in used if not len(pool.frames)]
    empty += ['held-out demonstrations'] if held_out and not len(measured) else []
    if empty:
        raise VlaError(
            f'{settings.real}: found no frame of {", ".join(empty)} all of whose actions a plan '
            'asked for; allowed: at least one'
        )
    return TrainingData(real, sim, used, measured, tuple(held_out), tuple(copies))


def _split(
    checked: CheckedDataset, episodes: Iterable[int], digests: Collection[str]
) -> tuple[list[int], list[int]]:
    """Return the episodes whose numbers are those of a digest, and the others."""
    own = {episode: checked.digests[episode] in digests for episode in episodes}
    return [e for e, is_one in own.items() if is_one], [e for e in own if not own[e]]
