"""Frames of a LeRobotDataset v3 as observations and actions in a cell."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import NameMismatchError
from vla_contract.values import Image, Observation, Vector
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.dataset_files import BrokenDatasetError, hub_closed, require_whole
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.images import as_captured, feature_of_each_camera
from vla_lerobot.lerobot_import import quiet_lerobot, skip_extras_of_policies
from vla_lerobot.vector_order import dataset_codec


def open_dataset(root: Path) -> Any:
    """Return the LeRobotDataset in a folder; the hub is never asked.

    Raises:
        ResourceNotFoundError: there is none.
        BrokenDatasetError: something of it is missing, damaged or of another version.
    """
    quiet_lerobot()
    skip_extras_of_policies()
    require_whole(root)
    from lerobot.datasets import LeRobotDataset

    try:
        with hub_closed():
            return LeRobotDataset(f'local/{root.name}', root=root)
    except Exception as error:  # of LeRobot, datasets, Arrow or the disk
        found = f'{type(error).__name__}: {error}'
        found = ' '.join(found.split())[:300]
        raise BrokenDatasetError(root, 'LeRobot', found, 'a dataset that it reads') from error


def new_dataset(root: Path, name: str, deployment: Deployment, features: dict[str, Any]) -> Any:
    """Begin a LeRobotDataset of a deployment's robot at its policy's rate, images as PNG.

    Args:
        root: a folder that does not exist yet.
        name: of the dataset.
        deployment: whose rate and robot.
        features: its columns, in LeRobot's format.
    """
    quiet_lerobot()
    skip_extras_of_policies()
    # Imported here, because it takes seconds and --help must not.
    from lerobot.datasets import LeRobotDataset

    return LeRobotDataset.create(
        repo_id=f'local/{name}',
        fps=round(deployment.policy.rate_hz),
        features=features,
        root=root,
        robot_type=deployment.cell.robot.name,
        use_videos=False,
    )


def recorded_actions(deployment: Deployment, dataset: Any) -> tuple[Vector, NDArray[np.int64]]:
    """Return where all actions want the joints, and the episode of each.

    Args:
        deployment: what the numbers mean; actions without names are believed to have its order.
        dataset: LeRobotDataset.

    Returns:
        Positions in the cell's order, shape (N, D) [rad or m], and episodes, shape (N,).

    Raises:
        NameMismatchError: the dataset's actions have other joints than the cell.
        PolicyError: a number is not finite.
        VlaError: it has no actions, not one number per name, or says they have other units.
    """
    policy = VectorCodec(deployment)
    keys = (ACTION, STATE) if policy.needs_state else (ACTION,)
    codec = dataset_codec(deployment, dataset, keys)
    rows = dataset.hf_dataset.with_format('numpy').select_columns([*keys, 'episode_index'])
    actions = np.asarray(rows[ACTION])
    seen = codec.decode_state(np.asarray(rows[STATE])) if policy.needs_state else actions
    return codec.decode_steps(actions, seen), np.asarray(rows['episode_index'])


class RecordedFrames:
    """Reads single frames: the inverse of `FeatureEncoder`."""

    def __init__(self, deployment: Deployment, dataset: Any) -> None:
        """Prepare to read.

        Raises:
            NameMismatchError: the dataset lacks a joint of the cell or a camera of the policy.
            VlaError: it has no state, not one number per name, or says they have other units; or
                one camera is several features, none of which holds what another shows.
        """
        cameras = deployment.policy.cameras
        features = [camera.feature for camera in cameras]
        if not set(features) <= set(dataset.meta.features):
            where = f'{dataset.root}: cameras'
            raise NameMismatchError(where, features, dataset.meta.camera_keys)
        self._codec = dataset_codec(deployment, dataset, (STATE,))
        self._cameras = feature_of_each_camera(cameras)
        self._dataset = dataset

    def __len__(self) -> int:
        """Return the number of frames."""
        return int(self._dataset.num_frames)

    def __getitem__(self, index: int) -> Observation:
        """Return a frame; its images have the size that policies see."""
        frame = self._dataset[index]
        images: dict[str, Image] = {}
        for name, camera in self._cameras.items():
            seen = (frame[camera.feature].permute(1, 2, 0) * 255.0).round().byte().numpy()
            images[name] = as_captured(seen, camera)
        state = self._codec.decode_state(frame[STATE].numpy())
        return Observation(0, state, images, frame['task'])
