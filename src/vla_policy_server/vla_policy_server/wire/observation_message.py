"""An observation as a message and back, between robots and workers of one contract."""

from dataclasses import dataclass
from typing import Any

from vla_contract.contract import Camera, RobotContract
from vla_contract.joints.joint_map import JointMap
from vla_contract.values import Observation
from vla_lerobot.images import fit_for_policy
from vla_policy_server.wire.message_values import read_image, read_text, read_vector

STATE, PROMPT = 'observation.state', 'prompt'
EXTRAS = 'extras/'
"""What the keys of privileged values begin with."""


@dataclass(frozen=True)
class ObservationKeys:
    """Under which key a server expects what.

    Attributes:
        state: joints of each state vector, in its order.
        images: key of each camera's image.
        prompt: key of the instruction.
    """

    state: dict[str, tuple[str, ...]]
    images: dict[str, str]
    prompt: str = PROMPT


def contract_keys(contract: RobotContract) -> ObservationKeys:
    """Return the keys of our own workers: the features of the policy, openpi's prompt."""
    images = {camera.name: camera.feature for camera in contract.cameras}
    return ObservationKeys({STATE: contract.state.names}, images)


class ObservationWriter:
    """Writes observations into messages, images as small as the policy sees them."""

    def __init__(self, contract: RobotContract, keys: ObservationKeys) -> None:
        """Prepare for a server.

        Raises:
            UnknownNameError: a key names a camera that the contract lacks.
            NameMismatchError: a key names a joint that the contract lacks.
        """
        names = contract.joint_names
        self._state = {
            key: JointMap(names, joints, 'contract joints') for key, joints in keys.state.items()
        }
        self._images = {key: contract.camera(name) for name, key in keys.images.items()}
        self._prompt = keys.prompt

    def write(self, observation: Observation) -> dict[str, Any]:
        """Return the message of an observation that carries every camera."""
        message: dict[str, Any] = {self._prompt: observation.instruction}
        for key, take in self._state.items():
            message[key] = take(observation.state)
        for key, camera in self._images.items():
            message[key] = fit_for_policy(observation.images[camera.name], camera)
        for name, values in observation.extras.items():
            message[EXTRAS + name] = values
        return message


class ObservationReader:
    """Reads observations from messages of one contract, and refuses what does not fit it."""

    def __init__(
        self, contract: RobotContract, needs_images: bool, needs_extras: tuple[str, ...]
    ) -> None:
        """Prepare for what a policy needs."""
        self._width = len(contract.state.names)
        self._to_joints = JointMap(contract.state.names, contract.joint_names, 'contract state')
        self._images = [
            (camera, sizes, ' or '.join(map(str, sizes)))
            for camera in (contract.cameras if needs_images else ())
            for sizes in [_image_sizes(camera)]
        ]
        self._extras = needs_extras

    def read(self, message: dict[str, Any], stamp_ns: int) -> Observation:
        """Return the observation of a message.

        Raises:
            MessageRefusedError: something is missing, of another shape or type, or not finite.
        """
        state = self._to_joints(read_vector(message, STATE, self._width))
        images = {
            camera.name: read_image(message, camera.feature, sizes.__contains__, allowed)
            for camera, sizes, allowed in self._images
        }
        extras = {name: read_vector(message, EXTRAS + name, None) for name in self._extras}
        return Observation(stamp_ns, state, images, read_text(message, PROMPT), extras)


def _image_sizes(camera: Camera) -> list[tuple[int, ...]]:
    """Return the shapes an image may have: as captured, or as the policy sees it."""
    sizes = [(camera.height, camera.width, 3), (camera.policy_height, camera.policy_width, 3)]
    return list(dict.fromkeys(sizes))
