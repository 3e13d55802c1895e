"""Observations of clients of others: by their keys, a vector for each part, images of any size."""

from typing import Any

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.policy_file import PolicyCamera
from vla_contract.errors import NameMismatchError, UnknownNameError
from vla_contract.values import Image, Observation
from vla_contract.vectors.vector_codec import joint_state_names, VectorCodec
from vla_lerobot.images import as_captured, feature_of_each_camera, fit_for_policy
from vla_policy_server.wire.message_values import (
    read_image,
    read_map,
    read_text,
    read_vector,
    Shape,
)
from vla_policy_server.wire.observation_message import CHW, EXTRAS, ObservationKeys

_LARGEST_PX = 4096


class KeyedReader:
    """Reads observations by the keys of a remote configuration, and refuses what does not fit."""

    def __init__(
        self,
        deployment: Deployment,
        needs_images: bool,
        needs_extras: tuple[str, ...],
        keys: ObservationKeys,
    ) -> None:
        """Prepare for what a policy needs.

        Args:
            deployment: whose state has the units that clients send.
            needs_images: whether images must be there.
            needs_extras: names of privileged values that must be there.
            keys: what is under which key.

        Raises:
            NameMismatchError: the keys name other joints than the cell has.
            UnknownNameError: they name no image of a camera that the policy looks at.
        """
        whole = joint_state_names(deployment)
        state = {key: part or whole for key, part in keys.state.items()}
        names = tuple(name for part in state.values() for name in part)
        if sorted(names) != sorted(deployment.cell.joint_names):
            raise NameMismatchError('state keys: joints', deployment.cell.joint_names, names)
        self._state = VectorCodec(deployment, names).state
        self._parts = {key: len(part) for key, part in state.items()}
        seen = feature_of_each_camera(deployment.policy.cameras) if needs_images else {}
        self._images = {_key(camera, keys): camera for camera in seen.values()}
        self._extras, self._prompt = needs_extras, keys.prompt
        self._images_in, self._is_colour_first = keys.images_in, keys.layout == CHW

    def read(self, message: dict[str, Any], stamp_ns: int) -> Observation:
        """Return the observation of a message; keys that it does not name are ignored.

        Raises:
            MessageRefusedError: something is missing, of another shape or type, or not finite.
        """
        parts = [read_vector(message, key, width) for key, width in self._parts.items()]
        state = self._state.decode(np.concatenate(parts), is_checked=False)  # finite as read
        pictures = read_map(message, self._images_in) if self._images_in else message
        images = {
            seen.camera: self._image(pictures, key, seen) for key, seen in self._images.items()
        }
        extras = {name: read_vector(message, EXTRAS + name, None) for name in self._extras}
        prompt = read_text({'prompt': '', **message}, self._prompt)
        return Observation(stamp_ns, state, images, prompt, extras)

    def _image(self, message: dict[str, Any], key: str, seen: PolicyCamera) -> Image:
        if self._is_colour_first:
            allowed = f'(3, H, W), 1 to {_LARGEST_PX} px'
            image = read_image(message, key, lambda shape: _is_image(_colour_last(shape)), allowed)
            image = np.ascontiguousarray(image.transpose(1, 2, 0))
        else:
            image = read_image(message, key, _is_image, f'(H, W, 3), 1 to {_LARGEST_PX} px')
        return as_captured(fit_for_policy(image, seen), seen)


def _key(camera: PolicyCamera, keys: ObservationKeys) -> str:
    key = keys.images.get(camera.feature) or keys.images.get(camera.camera)
    if key is None:
        raise UnknownNameError('camera', camera.camera, 'images of the keys', keys.images)
    return key


def _is_image(shape: Shape) -> bool:
    return shape[2:] == (3,) and all(0 < side <= _LARGEST_PX for side in shape[:2])


def _colour_last(shape: Shape) -> Shape:
    return (*shape[1:], *shape[:1])
