"""What a policy gets to see: one code path for datasets, simulation and the robot."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.joints.joint_map import JointMap
from vla_contract.values import Observation
from vla_lerobot.images import fit_for_policy

STATE, ACTION = 'observation.state', 'action'
"""LeRobot's names of the state and the action vector."""


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
        names = state_names or deployment.policy.state_names
        self._to_state = JointMap(deployment.cell.joint_names, names, 'cell joints')

    def __call__(self, observation: Observation) -> dict[str, NDArray[Any]]:
        """Return the features of an observation.

        Returns:
            The state, shape (S,) float32, and per camera its feature, shape
            (height, width, 3) uint8.
        """
        features: dict[str, NDArray[Any]] = {
            STATE: self._to_state(observation.state).astype(np.float32)
        }
        for camera in self._cameras:
            features[camera.feature] = fit_for_policy(observation.images[camera.camera], camera)
        return features


def dataset_features(deployment: Deployment) -> dict[str, Any]:
    """Describe the columns of a dataset that the policy can learn from, in LeRobot's format."""
    policy = deployment.policy
    features: dict[str, Any] = {
        STATE: vector_feature(policy.state_names),
        ACTION: vector_feature(policy.action_names),
    }
    for camera in policy.cameras:
        features[camera.feature] = {
            'dtype': 'image',
            'shape': (camera.height, camera.width, 3),
            'names': ['height', 'width', 'channels'],
        }
    return features


def vector_feature(names: Sequence[str], dtype: str = 'float32') -> dict[str, Any]:
    """Describe one column of numbers, in LeRobot's format."""
    return {'dtype': dtype, 'shape': (len(names),), 'names': list(names)}
