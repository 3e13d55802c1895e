"""Hold a small LeRobotDataset in memory, as uint8, and cut training batches from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import VlaError
from vla_contract.values import Vector
from vla_finetune.frame_window import frame_window
from vla_lerobot.compatibility import require_same_robot
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.frames import open_dataset
from vla_lerobot.instruction_embedding import (
    DEFAULT_ENCODER,
    ENVIRONMENT_STATE,
    InstructionEncoder,
)
from vla_lerobot.record_columns import planned_frames
from vla_lerobot.statistics import floored, PixelCounts, Statistics, vector_statistics
from vla_lerobot.vector_order import vector_order

Batch = dict[str, torch.Tensor]
# Half a second at 10 Hz: later the arm is nearer to one object than to the others.
_EARLY_FRAMES = 5
# How far fingers that hold something have closed, of what the dataset has.
_HELD = 0.4


@dataclass(frozen=True)
class Demonstrations:
    """All frames of a dataset.

    Attributes:
        images: feature key to tensor of shape (N, 3, H, W), uint8.
        state: shape (N, S), float32.
        action: shape (N, A), float32.
        instruction: embedding of what was said, shape (N, E), float32; None where the whole
            dataset is about one instruction.
        last: index of the last frame of each frame's episode, shape (N,).
        is_planned: whether a plan asked for the action of each frame, shape (N,); in the others
            the arm was held or stopped.
        stats: statistics of the frames that may be drawn, as LeRobot's processors take them.
        notes: what was mapped by name, and what had to be believed.
    """

    images: dict[str, torch.Tensor]
    state: torch.Tensor
    action: torch.Tensor
    instruction: torch.Tensor | None
    last: torch.Tensor
    is_planned: torch.Tensor
    stats: dict[str, dict[str, torch.Tensor]]
    notes: tuple[str, ...] = ()

    def draw(self, count: int, early_share: float, rng: torch.Generator) -> torch.Tensor:
        """Draw frames at random, a share of them from the beginnings of episodes.

        How an episode begins decides which of several objects it is about; once the arm is on
        its way the picture tells, and nothing about the instruction is to be learned.

        Args:
            count: how many.
            early_share: part that is drawn from the first frames alone, in [0, 1].
            rng: source of the choice.

        Returns:
            Indices, shape (count,).
        """
        index = torch.nonzero(self.is_planned)[:, 0]
        frames = index[torch.randint(len(index), (count,), generator=rng)]
        if not early_share:
            return frames
        # `last` ascends, so that it finds the first frame of each episode too.
        first = torch.searchsorted(self.last, self.last)
        early = index[(index - first[index]) < _EARLY_FRAMES]
        chosen = early[torch.randint(len(early), (count,), generator=rng)]
        return torch.where(torch.rand(count, generator=rng) < early_share, chosen, frames)

    def batch(self, frames: torch.Tensor, chunk: int) -> Batch:
        """Cut a batch; what is no label is masked.

        Those are actions after the end of an episode, which repeat its last one, and all from the
        first on that no plan asked for.

        Args:
            frames: indices, shape (B,).
            chunk: actions per frame.

        Returns:
            LeRobot's training batch: images float in [0, 1], action (B, chunk, A), action_is_pad.
        """
        # Nothing before a frame is wanted, so that it may stand for its episode's first.
        future, is_pad = frame_window(frames, torch.arange(chunk), frames, self.last[frames])
        batch = {key: pixels[frames].float() / 255.0 for key, pixels in self.images.items()}
        batch[STATE] = self.state[frames]
        if self.instruction is not None:
            batch[ENVIRONMENT_STATE] = self.instruction[frames]
        batch[ACTION] = self.action[future]
        was_held = (~self.is_planned[future]).cumsum(dim=1) > 0
        batch['action_is_pad'] = is_pad | was_held
        return batch


def load_demonstrations(
    root: Path, deployment: Deployment, floor: float, most_frames: int | None = None
) -> Demonstrations:
    """Read a dataset recorded for a deployment; several instructions in it are embedded.

    Args:
        root: folder of a LeRobotDataset v3.
        deployment: names and cameras of its policy, which the dataset must have.
        floor: smallest standard deviation of state and action; a joint that hardly moved would
            otherwise turn encoder noise into large inputs [rad or m].
        most_frames: read no more than this many from the start; None for all.

    Raises:
        ResourceNotFoundError: there is no dataset in `root`, or no instruction encoder.
        VlaError: it is of another robot, rate, image size, or joints, a number in it is not
            finite, or a plan asked for no action in it.
    """
    dataset = open_dataset(root)
    require_same_robot(deployment, dataset)
    order = vector_order(deployment, dataset)
    keys = list(deployment.policy.image_sizes)
    count = len(range(dataset.num_frames)[:most_frames])
    columns: dict[str, torch.Tensor] = {}
    texts: list[str] = []
    for i in range(count):
        frame = order.sample(dataset[i])
        texts.append(frame['task'])
        for key in (*keys, STATE, ACTION, 'episode_index'):
            value = (frame[key] * 255.0).round().byte() if key in keys else frame[key]
            if key not in columns:
                columns[key] = torch.empty((count, *value.shape), dtype=value.dtype)
            columns[key][i] = value
    episode = columns['episode_index']
    _require_finite(root, columns, episode)
    is_planned = torch.from_numpy(planned_frames(dataset)[:count])
    if not is_planned.any():
        raise VlaError(f'{root}: found no action that a plan asked for; allowed: at least one')
    stats = _statistics(columns, keys, is_planned, order.floors(floor))
    instruction = None
    if len(set(texts)) > 1:
        instruction = _embedded(texts)
        stats[ENVIRONMENT_STATE] = _embedding_statistics(instruction[is_planned])
    return Demonstrations(
        images={key: columns[key] for key in keys},
        state=columns[STATE],
        action=columns[ACTION],
        instruction=instruction,
        last=torch.searchsorted(episode, episode, right=True) - 1,
        is_planned=is_planned,
        stats=stats,
        notes=order.notes,
    )


def _require_finite(root: Path, columns: dict[str, torch.Tensor], episode: torch.Tensor) -> None:
    for key in (STATE, ACTION):
        broken = torch.nonzero(~torch.isfinite(columns[key]).all(dim=1))
        if len(broken):
            frame = int(broken[0])
            own = int(episode[frame])
            number = frame - int(torch.searchsorted(episode, own))
            raise VlaError(
                f'{root}: {key}: found a number that is not finite in episode {own}, frame '
                f'{number}; allowed: finite ones; look at the dataset with vla check dataset'
            )


def _statistics(
    columns: dict[str, torch.Tensor],
    keys: list[str],
    is_used: torch.Tensor,
    floors: dict[str, Vector],
) -> dict[str, dict[str, torch.Tensor]]:
    """Return the statistics of the frames that are used, as tensors."""
    stats: Statistics = {
        k: vector_statistics(columns[k][is_used].numpy()) for k in (STATE, ACTION)
    }
    for key in keys:
        counts = PixelCounts()
        for frame in torch.nonzero(is_used)[:, 0]:
            counts.add(columns[key][frame].numpy())
        stats[key] = counts.statistics()
    return {
        key: {name: torch.from_numpy(value).float() for name, value in entry.items()}
        for key, entry in floored(stats, floors).items()
    }


def _embedded(texts: list[str]) -> torch.Tensor:
    encoder = InstructionEncoder(DEFAULT_ENCODER)
    return torch.from_numpy(np.stack([encoder.embed(text) for text in texts]))


def _embedding_statistics(embeddings: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the mean, and one standard deviation for all numbers.

    Sentences about the same task differ by little of their length; the network would take long
    to hear that. One scale for all numbers keeps their angles, with which the encoder speaks.
    """
    spread = (embeddings - embeddings.mean(dim=0)).square().mean().sqrt()
    mean = embeddings.mean(dim=0)
    return {'mean': mean, 'std': spread.expand_as(mean).clone()}


def vary_photometry(batch: Batch, keys: list[str], rng: torch.Generator) -> None:
    """Change brightness, contrast and colour of each image a little, in place."""
    for key in keys:
        images = batch[key]
        count = len(images)

        def draw(spread: float, channels: int = 1, count: int = count) -> torch.Tensor:
            return 1 + spread * (2 * torch.rand(count, channels, 1, 1, generator=rng) - 1)

        mean = images.mean(dim=(1, 2, 3), keepdim=True)
        varied = (images - mean) * draw(0.15) + mean * draw(0.15)
        batch[key] = (varied * draw(0.05, channels=3)).clamp(0, 1)


def blank_some(
    batch: Batch,
    data: Demonstrations,
    grippers: Mapping[int, bool],
    share: float,
    rng: torch.Generator,
) -> None:
    """Teach the policy to stay where it is when it sees nothing, in place.

    A policy that has never seen a blank image gropes about, and in a small workspace finds the
    object now and then. Blanked frames get one random colour, half of them black, and the
    measured joints as every action of their chunk.

    Args:
        batch: from `data.batch`; state and action must share their joint order.
        data: where the batch comes from.
        grippers: indices of the gripper joints, which stay open or closed, and whether a larger
            number closes them.
        share: part of the batch to blank, in [0, 1].
        rng: source of the choice.
    """
    state, action = batch[STATE], batch[ACTION]
    blank = torch.rand(len(state), generator=rng) < share
    for key in data.images:
        colour = torch.rand(len(state), 3, 1, 1, generator=rng)
        colour *= (torch.rand(len(state), 1, 1, 1, generator=rng) < 0.5).float()
        batch[key] = torch.where(blank[:, None, None, None], colour, batch[key])
    stay = state.clone()
    for gripper, closes_upwards in grippers.items():
        low, high = data.action[:, gripper].aminmax()
        is_open, closed = (low, high) if closes_upwards else (high, low)
        # Fingers that hold a small object are about half closed.
        closing = (state[:, gripper] - is_open) / (closed - is_open)
        stay[:, gripper] = torch.where(closing > _HELD, closed, is_open)
    batch[ACTION] = torch.where(blank[:, None, None], stay[:, None], action)
    batch['action_is_pad'] = batch['action_is_pad'] & ~blank[:, None]
