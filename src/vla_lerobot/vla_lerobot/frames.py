"""Frames of a LeRobotDataset v3 as observations and actions of a contract."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.contract import RobotContract
from vla_contract.errors import NameMismatchError, ResourceNotFoundError
from vla_contract.joints.joint_map import JointMap
from vla_contract.values import Image, Observation, Vector
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.lerobot_import import quiet_lerobot


def open_dataset(root: Path) -> Any:
    """Return the LeRobotDataset in a folder.

    Raises:
        ResourceNotFoundError: there is none.
    """
    if not (root / 'meta' / 'info.json').is_file():
        raise ResourceNotFoundError('dataset', root, 'give the folder of a LeRobotDataset v3')
    quiet_lerobot()
    from lerobot.datasets import LeRobotDataset

    return LeRobotDataset(f'local/{root.name}', root=root)


def recorded_actions(contract: RobotContract, dataset: Any) -> tuple[Vector, NDArray[np.int64]]:
    """Return all actions, shape (N, D) in the contract's order, and the episode of each.

    Raises:
        NameMismatchError: the dataset's actions have other joints than the contract.
    """
    names = dataset.meta.features[ACTION]['names']
    if sorted(names) != sorted(contract.joint_names):
        raise NameMismatchError(f'{dataset.root}: {ACTION}', contract.joint_names, names)
    rows = dataset.hf_dataset.with_format('numpy').select_columns([ACTION, 'episode_index'])
    to_contract = JointMap(names, contract.joint_names, str(dataset.root))
    return to_contract(np.asarray(rows[ACTION])), np.asarray(rows['episode_index'])


class RecordedFrames:
    """Reads single frames: the inverse of `FeatureEncoder`."""

    def __init__(self, contract: RobotContract, dataset: Any) -> None:
        """Prepare to read.

        Raises:
            NameMismatchError: the dataset lacks a joint or a camera of the contract.
        """
        features = [camera.feature for camera in contract.cameras]
        if not set(features) <= set(dataset.meta.features):
            where = f'{dataset.root}: cameras'
            raise NameMismatchError(where, features, dataset.meta.camera_keys)
        names = dataset.meta.features[STATE]['names']
        self._to_contract = JointMap(names, contract.joint_names, f'{dataset.root}: {STATE}')
        self._cameras = contract.cameras
        self._dataset = dataset

    def __len__(self) -> int:
        """Return the number of frames."""
        return int(self._dataset.num_frames)

    def __getitem__(self, index: int) -> Observation:
        """Return a frame; its images have the size that policies see."""
        frame = self._dataset[index]
        images: dict[str, Image] = {
            camera.name: (frame[camera.feature].permute(1, 2, 0) * 255.0).round().byte().numpy()
            for camera in self._cameras
        }
        return Observation(0, self._to_contract(frame[STATE].numpy()), images, frame['task'])
