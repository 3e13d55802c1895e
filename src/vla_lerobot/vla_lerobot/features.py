"""What a policy gets to see: one code path for datasets, simulation and the robot."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import Observation
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.column_names import column_names
from vla_lerobot.images import fit_for_policy

STATE, ACTION = 'observation.state', 'action'
"""LeRobot's names of the state and the action vector."""
UNITS = 'units'
"""Key of a column's description that says what its numbers mean; LeRobot keeps it."""
IMAGES = ('image', 'video')
"""LeRobot's types of columns that hold images."""


class FeatureEncoder:
    """Turns observations into the named arrays that a LeRobotDataset holds and a policy takes."""

    def __init__(self, deployment: Deployment, state_names: Sequence[str] = ()) -> None:
        """Prepare for a policy.

        Args:
            deployment: joints of the cell, cameras of the policy.
            state_names: order of the joints in the state; the policy's when empty.

        Raises:
            NameMismatchError: `state_names` has a joint that the cell lacks.
        """
        self._cameras = deployment.policy.cameras
        self._black = deployment.policy.black_images
        self._state = VectorCodec(deployment, state_names).state

    def __call__(self, observation: Observation) -> dict[str, NDArray[Any]]:
        """Return the features of an observation.

        Returns:
            The state in the policy's units, shape (S,) float32, and each image, shape
            (height, width, 3) uint8.

        Raises:
            PolicyError: a joint's position is not finite.
        """
        features: dict[str, NDArray[Any]] = {
            STATE: self._state.encode(observation.state).astype(np.float32)
        }
        for camera in self._cameras:
            features[camera.feature] = fit_for_policy(observation.images[camera.camera], camera)
        for image in self._black:
            features[image.feature] = np.zeros((image.height, image.width, 3), np.uint8)
        return features


def dataset_features(deployment: Deployment) -> dict[str, Any]:
    """Describe the columns of a dataset that the policy can learn from, in LeRobot's format."""
    codec, policy = VectorCodec(deployment), deployment.policy
    vectors = ((STATE, codec.state, policy.state), (ACTION, codec.action, policy.action))
    features: dict[str, Any] = {
        key: {
            **vector_feature(column_names(scale.names, components, deployment.cell)),
            UNITS: list(scale.meanings),
        }
        for key, scale, components in vectors
    }
    for feature, size in policy.image_sizes.items():
        features[feature] = {
            'dtype': 'image',
            'shape': (*size, 3),
            'names': ['height', 'width', 'channels'],
        }
    return features


def vector_feature(names: Sequence[str], dtype: str = 'float32') -> dict[str, Any]:
    """Describe one column of numbers, in LeRobot's format."""
    return {'dtype': dtype, 'shape': (len(names),), 'names': list(names)}


def recorded_names(feature: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the names of a column's numbers in their order, None where the dataset has none.

    LeRobot writes a list, lists in a dictionary ({'motors': [...]} in its ALOHA and PushT sets),
    or each name with its place, as its teleoperators do.
    """
    names = feature.get('names')
    if not names:
        return None
    if isinstance(names, dict) and all(type(place) is int for place in names.values()):
        return tuple(sorted(names, key=names.__getitem__))
    return tuple(_flat(names))


def _flat(names: Any) -> Iterator[str]:
    """Yield the names in lists and dictionaries of any depth."""
    if isinstance(names, dict):
        names = names.values()
    elif not isinstance(names, list | tuple):
        yield str(names)
        return
    for part in names:
        yield from _flat(part)


def image_shape(feature: dict[str, Any]) -> tuple[int, int, int]:
    """Return channels, height and width of a column of images, whichever LeRobot lists first."""
    first, second, third = feature['shape']
    last = (recorded_names(feature) or ('',))[-1]
    # Where the axes have no names, the one with the colours is the short one.
    if last in ('channel', 'channels') or (not last and third < min(first, second)):
        return third, first, second
    return first, second, third
