"""What a policy gets to see: one code path for datasets, simulation and the robot."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.contract import RobotContract
from vla_contract.joints.joint_map import JointMap
from vla_contract.values import Observation
from vla_lerobot.images import fit_for_policy

STATE, ACTION = 'observation.state', 'action'
"""LeRobot's names of the state and the action vector."""


class FeatureEncoder:
    """Turns observations into the named arrays that a LeRobotDataset holds and a policy takes."""

    def __init__(self, contract: RobotContract, state_names: Sequence[str] = ()) -> None:
        """Prepare for a contract.

        Args:
            contract: joints and cameras.
            state_names: order of the joints in the state; the contract's when empty.

        Raises:
            NameMismatchError: `state_names` has a joint that the contract lacks.
        """
        self._cameras = contract.cameras
        names = state_names or contract.state.names
        self._to_state = JointMap(contract.joint_names, names, 'contract joints')

    def __call__(self, observation: Observation) -> dict[str, NDArray[Any]]:
        """Return the features of an observation.

        Returns:
            The state, shape (S,) float32, and per camera its feature, shape
            (policy_height, policy_width, 3) uint8.
        """
        features: dict[str, NDArray[Any]] = {
            STATE: self._to_state(observation.state).astype(np.float32)
        }
        for camera in self._cameras:
            features[camera.feature] = fit_for_policy(observation.images[camera.name], camera)
        return features


def dataset_features(contract: RobotContract) -> dict[str, Any]:
    """Describe the columns of a dataset recorded under a contract, in LeRobot's format."""
    features: dict[str, Any] = {
        STATE: vector_feature(contract.state.names),
        ACTION: vector_feature(contract.action.names),
    }
    for camera in contract.cameras:
        features[camera.feature] = {
            'dtype': 'image',
            'shape': (camera.policy_height, camera.policy_width, 3),
            'names': ['height', 'width', 'channels'],
        }
    return features


def vector_feature(names: Sequence[str], dtype: str = 'float32') -> dict[str, Any]:
    """Describe one column of numbers, in LeRobot's format."""
    return {'dtype': dtype, 'shape': (len(names),), 'names': list(names)}
