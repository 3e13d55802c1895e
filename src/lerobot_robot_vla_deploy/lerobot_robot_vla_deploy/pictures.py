"""Images of the robot by the names that LeRobot's loops use."""

from collections.abc import Mapping

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.policy_file import PolicyCamera
from vla_contract.deployment.robot import require_distinct
from vla_contract.values import Image
from vla_lerobot.images import fit_for_policy

# LeRobot calls the image of a robot's key so in observations and datasets.
_PREFIX = 'observation.images.'


class Pictures:
    """Names and fits images as the policy of a deployment has them, or leaves them as captured.

    Attributes:
        shapes: height, width [px] and channels of each image, by the key that LeRobot uses.
        cameras: names of the cameras that are needed.
    """

    def __init__(self, deployment: Deployment, as_captured: bool) -> None:
        """Prepare for the images of a policy.

        Args:
            deployment: cell and policy.
            as_captured: every camera of the cell as it is, as also for a policy without cameras.

        Raises:
            ContractError: two images of the policy would have one key.
        """
        cell, policy = deployment.cell, deployment.policy
        self._fitted: dict[str, PolicyCamera] = {}
        self._captured: dict[str, str] = {}
        self._black: dict[str, tuple[int, int]] = {}
        if as_captured or not policy.cameras:
            self._captured = {camera.name: camera.name for camera in cell.cameras}
            sizes = {camera.name: (camera.height, camera.width) for camera in cell.cameras}
            self.cameras = tuple(sizes)
        else:
            named = [(_key(seen.feature, seen.camera), seen) for seen in policy.cameras]
            black = [(_key(one.feature, one.feature), one) for one in policy.black_images]
            require_distinct(f'policy {policy.name}: images', [key for key, _ in (*named, *black)])
            self._fitted = dict(named)
            self._black = {key: (one.height, one.width) for key, one in black}
            sizes = {key: (seen.height, seen.width) for key, seen in named} | self._black
            self.cameras = tuple(dict.fromkeys(seen.camera for seen in policy.cameras))
        self.shapes = {key: (*size, 3) for key, size in sizes.items()}

    def fit(self, images: Mapping[str, Image]) -> dict[str, Image]:
        """Return what LeRobot is to see of images as captured, by camera; shape (H, W, 3)."""
        return {
            **{key: images[camera] for key, camera in self._captured.items()},
            **{
                key: fit_for_policy(images[seen.camera], seen)
                for key, seen in self._fitted.items()
            },
            **{key: np.zeros((*size, 3), np.uint8) for key, size in self._black.items()},
        }


def _key(feature: str, otherwise: str) -> str:
    return feature.removeprefix(_PREFIX) if feature.startswith(_PREFIX) else otherwise
