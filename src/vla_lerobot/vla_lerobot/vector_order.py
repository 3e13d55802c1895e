"""Which joint stands where in a dataset's vectors, and how they become a policy's, by name."""

from collections.abc import Sequence
import copy
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import NameMismatchError, UnknownNameError, VlaError
from vla_lerobot.features import (
    ACTION,
    image_shape,
    IMAGES,
    JOINT_SUFFIX,
    recorded_names,
    STATE,
)


def vector_names(dataset: Any, key: str, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a vector's numbers, in the dataset's order, as the robot calls them.

    Args:
        dataset: LeRobotDataset.
        key: the column.
        wanted: names that the reader looks for; believed to be the column's, in this order, where
            it has none. A suffix '.pos' is taken off where the names fit only without it.

    Raises:
        UnknownNameError: there is no such column.
        VlaError: it does not have one number per name.
    """
    features = dataset.meta.features
    if key not in features:
        raise UnknownNameError('column', key, str(dataset.root), features)
    names = recorded_names(features[key]) or tuple(wanted)
    size = prod(features[key]['shape'])
    if len(names) != size:
        raise VlaError(
            f'{dataset.root}: {key}: found {size} numbers; allowed: {len(names)}, one for each '
            f'of {", ".join(names)}'
        )
    bare = tuple(name.removesuffix(JOINT_SUFFIX) for name in names)
    return bare if not set(wanted) <= set(names) and set(wanted) <= set(bare) else names


@dataclass(frozen=True)
class VectorOrder:
    """How the vectors of a dataset become those of a policy.

    Attributes:
        indices: by key, where in the dataset's vector each number of the policy's stands; only
            of vectors that have another order.
        names: by key, the policy's names.
        notes: what is mapped, and what has to be believed, one sentence each.
    """

    indices: dict[str, NDArray[np.intp]]
    names: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]

    def numbers(self, key: str, values: Any) -> Any:
        """Return a vector, or an array or tensor of them along the last axis, in order."""
        return values[..., self.indices[key]] if key in self.indices else values

    def sample(self, sample: dict[str, Any]) -> dict[str, Any]:
        """Return a frame or a training sample with its vectors in order."""
        return {key: self.numbers(key, value) for key, value in sample.items()}

    def metadata(self, meta: Any) -> Any:
        """Return LeRobot's metadata of a dataset as if it had been recorded in this order.

        LeRobot's policies keep the names of an action in their configuration, and take its
        statistics.
        """
        own = copy.copy(meta)
        own.info = copy.copy(meta.info)
        own.info.features = {key: self._feature(key, of) for key, of in meta.features.items()}
        own.stats = meta.stats and {
            key: {
                name: value if name == 'count' else self.numbers(key, value)
                for name, value in entry.items()
            }
            for key, entry in meta.stats.items()
        }
        return own

    def _feature(self, key: str, feature: dict[str, Any]) -> dict[str, Any]:
        if key in self.names:
            return {**feature, 'names': list(self.names[key])}
        if feature['dtype'] in IMAGES and not isinstance(feature['names'], list):
            # LeRobot asks the third name whether the colours are last.
            axes = ['channels', 'height', 'width']
            return {**feature, 'shape': image_shape(feature), 'names': axes}
        return feature


def vector_order(deployment: Deployment, dataset: Any) -> VectorOrder:
    """Find a policy's state and action in a dataset by their names.

    Raises:
        NameMismatchError: the dataset has other joints than the policy.
        VlaError: a column is missing, or does not have one number per name.
    """
    policy = deployment.policy
    names = {STATE: policy.state_names, ACTION: policy.action_names}
    indices, notes = {}, []
    for key, wanted in names.items():
        found = vector_names(dataset, key, wanted)
        if sorted(found) != sorted(wanted):
            raise NameMismatchError(f'{dataset.root}: {key}', wanted, found)
        if recorded_names(dataset.meta.features[key]) is None:
            notes.append(
                f'{dataset.root}: {key}: joint names not recorded, believed to be in the order of '
                f'the policy file: {", ".join(wanted)}'
            )
        if found != wanted:
            indices[key] = np.array([found.index(name) for name in wanted], dtype=np.intp)
            notes.append(f'{dataset.root}: {key}: mapped by name from {", ".join(found)}')
    return VectorOrder(indices, names, tuple(notes))
