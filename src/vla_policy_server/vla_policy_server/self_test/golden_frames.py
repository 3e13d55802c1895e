"""A few recorded frames with the actions that followed, shipped beside a checkpoint."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.joints.joint_map import JointMap
from vla_contract.observation_history import with_earlier
from vla_contract.values import Image, Observation, Vector
from vla_lerobot.frames import open_dataset, recorded_actions, RecordedFrames

GOLDEN_FRAMES = 'golden_frames.npz'

# As many as a person would look through; more say nothing new about wiring.
_FRAMES = 8
# Steps that follow a frame; soon after, even a good policy and its teacher part.
_STEPS = 2


@dataclass(frozen=True)
class GoldenFrames:
    """Frames of training data, in the cell's joint order.

    Attributes:
        fps: rate of the recording [Hz].
        observations: what was seen.
        actions: what followed, shape (N, T, D) [rad or m].
    """

    fps: float
    observations: tuple[Observation, ...]
    actions: Vector


def read_golden_frames(
    deployment: Deployment, root: Path, count: int = _FRAMES, steps: int = _STEPS, earlier: int = 0
) -> GoldenFrames:
    """Take frames out of a LeRobotDataset v3, spread over its episodes and their phases.

    Args:
        deployment: robot and policy file.
        root: of the dataset.
        count: how many frames at most.
        steps: how many actions follow each; fewer where no episode is so long.
        earlier: how many frames before each the policy looks at.

    Raises:
        ResourceNotFoundError: there is no dataset.
        NameMismatchError: it lacks a joint of the cell or a camera of the policy.
        PolicyError: it has no episode with enough frames.
    """
    dataset = open_dataset(root)
    frames = RecordedFrames(deployment, dataset)
    actions, episode = recorded_actions(deployment, dataset)
    longest = int(np.bincount(episode).max(initial=0))
    if longest < _STEPS:
        raise PolicyError(f'{root} has no episode of {_STEPS} frames')
    steps = min(steps, longest)
    starts = np.arange(len(episode) - steps + 1)
    usable = starts[episode[starts] == episode[starts + steps - 1]]
    chosen = np.unique(usable[np.linspace(0, len(usable) - 1, count + 2).astype(int)[1:-1]])
    return GoldenFrames(
        float(dataset.fps),
        tuple(_with_history(frames, episode, int(k), earlier) for k in chosen),
        np.stack([actions[k : k + steps] for k in chosen]),
    )


def _with_history(
    frames: RecordedFrames, episode: NDArray[np.int64], index: int, earlier: int
) -> Observation:
    begin = max(int(np.searchsorted(episode, episode[index])), index - earlier)
    return with_earlier([frames[k] for k in range(begin, index + 1)], index - begin, earlier)


def save_golden_frames(frames: GoldenFrames, cell: Cell, path: Path) -> None:
    """Write frames with the names of joints and cameras, images as PNG."""
    arrays: dict[str, Any] = {
        'fps': frames.fps,
        'joint_names': list(cell.joint_names),
        'instructions': [seen.instruction for seen in frames.observations],
        'states': np.stack([seen.state for seen in frames.observations]),
        'actions': frames.actions,
    }
    for k, seen in enumerate(frames.observations):
        for camera, image in seen.images.items():
            arrays[f'image/{camera}/{k}'] = cv2.imencode('.png', image[:, :, ::-1])[1]
    np.savez_compressed(path, **arrays)


def load_golden_frames(deployment: Deployment, path: Path) -> GoldenFrames:
    """Read what `save_golden_frames` wrote, by the names of joints and cameras.

    Raises:
        PolicyError: the file is damaged.
        NameMismatchError: it lacks a joint of the cell.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        names = deployment.cell.joint_names
        to_cell = JointMap(arrays['joint_names'].tolist(), names, str(path))
        cameras = [seen.camera for seen in deployment.policy.cameras]
        observations = tuple(
            Observation(
                0,
                to_cell(state),
                {name: _decode(arrays[f'image/{name}/{k}']) for name in cameras},
                str(arrays['instructions'][k]),
            )
            for k, state in enumerate(arrays['states'])
        )
        return GoldenFrames(float(arrays['fps']), observations, to_cell(arrays['actions']))
    except (OSError, ValueError, KeyError, cv2.error) as error:
        raise PolicyError(f'{path} cannot be read: {error}') from None


def _decode(data: Any) -> Image:
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError('an image is no PNG')
    return np.ascontiguousarray(pixels[:, :, ::-1], dtype=np.uint8)
