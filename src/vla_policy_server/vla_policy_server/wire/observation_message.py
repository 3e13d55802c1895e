"""An observation as a message and back, between robots and workers of one deployment."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.policy_file import PolicyCamera
from vla_contract.errors import UnknownNameError
from vla_contract.values import Image, Observation, to_ns, Vector
from vla_contract.vectors.vector_codec import joint_state_names, VectorCodec
from vla_lerobot.images import as_captured, feature_of_each_camera, fit_for_policy
from vla_policy_server.wire.message_values import read_image, read_maps, read_text, read_vector

STATE, PROMPT = 'observation.state', 'prompt'
HWC, CHW = 'hwc', 'chw'
"""Orders of an image's axes: height, width and colour, or colour first."""
EXTRAS = 'extras/'
"""What the keys of privileged values begin with."""
EARLIER = 'earlier'
"""Key of the observations before it, a list of maps with state and images, oldest first."""


@dataclass(frozen=True)
class ObservationKeys:
    """Under which key a server expects what.

    Attributes:
        state: joints of each state vector, in its order.
        images: key of each camera's image; a camera of several features goes by the feature.
        prompt: key of the instruction.
        images_in: key of a map that holds the images, '' for none: they stand beside the state.
        layout: order of an image's axes, HWC or CHW.
        always_prompts: whether an instruction is sent though it is empty.
    """

    state: dict[str, tuple[str, ...]]
    images: dict[str, str]
    prompt: str = PROMPT
    images_in: str = ''
    layout: str = HWC
    always_prompts: bool = False


def policy_keys(deployment: Deployment) -> ObservationKeys:
    """Return the keys of our own workers: the features of the policy, openpi's prompt."""
    policy = deployment.policy
    images = {camera.feature: camera.feature for camera in policy.cameras}
    return ObservationKeys({STATE: joint_state_names(deployment)}, images)


def seen_camera(deployment: Deployment, name: str) -> PolicyCamera:
    """Return what the policy sees of a camera, by the camera's name or the feature's.

    Raises:
        UnknownNameError: the policy does not look at it.
    """
    policy = deployment.policy
    features = {camera.feature: camera for camera in policy.cameras}
    cameras = {camera.camera: camera for camera in policy.cameras}
    found = features.get(name) or cameras.get(name)
    if found is None:
        raise UnknownNameError('camera', name, f'policy {policy.name}', cameras)
    return found


class ObservationWriter:
    """Writes observations into messages, images as small as the policy sees them."""

    def __init__(self, deployment: Deployment, keys: ObservationKeys) -> None:
        """Prepare for a server.

        Raises:
            UnknownNameError: a key names a camera that the policy does not look at.
            NameMismatchError: a key names a joint that the cell lacks.
        """
        self._state = {
            key: VectorCodec(deployment, joints).state for key, joints in keys.state.items()
        }
        self._images = {key: seen_camera(deployment, name) for name, key in keys.images.items()}
        self._prompt, self._images_in = keys.prompt, keys.images_in
        self._always_prompts = keys.always_prompts
        self._is_colour_first = keys.layout == CHW

    def write(self, observation: Observation, earlier_steps: int = 0) -> dict[str, Any]:
        """Return the message of an observation that carries every camera of the policy.

        Args:
            observation: with those before it, where the server's policy looks back.
            earlier_steps: how many of them it looks at.
        """
        message = self._seen(observation)
        # Without one the server's own counts, such as openpi's --default_prompt.
        if observation.instruction or self._always_prompts:
            message[self._prompt] = observation.instruction
        for name, values in observation.extras.items():
            message[EXTRAS + name] = values
        if earlier_steps:
            message[EARLIER] = [self._seen(before) for before in observation.earlier]
        return message

    def _seen(self, observation: Observation) -> dict[str, Any]:
        seen: dict[str, Any] = {
            key: scale.encode(observation.state) for key, scale in self._state.items()
        }
        images = {
            key: self._laid_out(fit_for_policy(observation.images[camera.camera], camera))
            for key, camera in self._images.items()
        }
        return seen | ({self._images_in: images} if self._images_in else images)

    def _laid_out(self, image: Image) -> Image:
        return np.ascontiguousarray(image.transpose(2, 0, 1)) if self._is_colour_first else image


class ObservationReader:
    """Reads observations from messages of one deployment, and refuses what does not fit it."""

    def __init__(
        self,
        deployment: Deployment,
        needs_images: bool,
        needs_extras: tuple[str, ...],
        earlier_steps: int = 0,
    ) -> None:
        """Prepare for what a policy needs.

        Raises:
            ContractError: it needs one camera as several features, none of which holds what
                another shows.
        """
        seen = feature_of_each_camera(deployment.policy.cameras) if needs_images else {}
        self._state = VectorCodec(deployment, joint_state_names(deployment)).state
        self._images = [
            (camera, sizes, ' or '.join(map(str, sizes)))
            for camera in seen.values()
            for sizes in [_image_sizes(deployment, camera)]
        ]
        self._extras, self._earlier_steps = needs_extras, earlier_steps
        self._period_ns = to_ns(1.0 / deployment.policy.rate_hz)

    def read(self, message: dict[str, Any], stamp_ns: int) -> Observation:
        """Return the observation of a message.

        Raises:
            MessageRefusedError: something is missing, of another shape or type, or not finite.
        """
        state, images = self._seen(message)
        extras = {name: read_vector(message, EXTRAS + name, None) for name in self._extras}
        earlier = self._earlier(message, stamp_ns) if self._earlier_steps else ()
        prompt = read_text(message, PROMPT)
        return Observation(stamp_ns, state, images, prompt, extras, earlier=earlier)

    def _earlier(self, message: dict[str, Any], stamp_ns: int) -> tuple[Observation, ...]:
        """Return the observations before it, one period of the policy apart."""
        before = read_maps(message, EARLIER, self._earlier_steps)
        stamps_ns = (stamp_ns - step * self._period_ns for step in range(len(before), 0, -1))
        prompt = read_text(message, PROMPT)
        return tuple(
            Observation(stamp_ns, *self._seen(seen), prompt)
            for stamp_ns, seen in zip(stamps_ns, before, strict=True)
        )

    def _seen(self, message: dict[str, Any]) -> tuple[Vector, dict[str, Image]]:
        numbers = read_vector(message, STATE, self._state.width)
        state = self._state.decode(numbers, is_checked=False)  # finite as read
        images = {
            camera.camera: _held(
                read_image(message, camera.feature, sizes.__contains__, allowed), camera
            )
            for camera, sizes, allowed in self._images
        }
        return state, images


def _held(image: Image, seen: PolicyCamera) -> Image:
    """Return an image as the camera holds it, where it comes as the policy sees it."""
    return as_captured(image, seen) if image.shape[:2] == (seen.height, seen.width) else image


def _image_sizes(deployment: Deployment, seen: PolicyCamera) -> list[tuple[int, ...]]:
    """Return the shapes an image may have: as captured, or as the policy sees it."""
    camera = deployment.cell.camera(seen.camera)
    sizes = [(camera.height, camera.width, 3), (seen.height, seen.width, 3)]
    return list(dict.fromkeys(sizes))
