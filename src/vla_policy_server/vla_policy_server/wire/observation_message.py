"""An observation as a message and back, between robots and workers of one contract."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from vla_contract.contract import RobotContract
from vla_contract.images import fit_for_policy
from vla_contract.joint_map import JointMap
from vla_contract.values import Image, Observation, Vector
from vla_policy_server.wire.errors import MessageRefusedError

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
        self._cameras = contract.cameras if needs_images else ()
        self._extras = needs_extras

    def read(self, message: dict[str, Any], stamp_ns: int) -> Observation:
        """Return the observation of a message.

        Raises:
            MessageRefusedError: something is missing, of another shape or type, or not finite.
        """
        state = self._to_joints(_vector(message, STATE, self._width))
        images: dict[str, Image] = {}
        for camera in self._cameras:
            sizes = [(camera.height, camera.width), (camera.policy_height, camera.policy_width)]
            images[camera.name] = _image(message, camera.feature, sizes)
        prompt = message.get(PROMPT, '')
        if not isinstance(prompt, str):
            raise MessageRefusedError(f'prompt: found {type(prompt).__name__}; allowed: text')
        extras = {name: _vector(message, EXTRAS + name, None) for name in self._extras}
        return Observation(stamp_ns, state, images, prompt, extras)


def _vector(message: dict[str, Any], key: str, width: int | None) -> Vector:
    value = _required(message, key)
    good = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in 'fiu'
    if not good or (width is not None and len(value) != width):
        allowed = f'{width or "any number of"} numbers'
        raise MessageRefusedError(f'{key}: found {_describe(value)}; allowed: {allowed}')
    if not np.isfinite(value).all():
        raise MessageRefusedError(f'{key}: found numbers that are not finite')
    return np.asarray(value, dtype=np.float64)


def _image(message: dict[str, Any], key: str, sizes: list[tuple[int, int]]) -> Image:
    value = _required(message, key)
    shapes = [(height, width, 3) for height, width in sizes]
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8 or value.shape not in shapes:
        allowed = ' or '.join(map(str, dict.fromkeys(shapes)))
        raise MessageRefusedError(f'{key}: found {_describe(value)}; allowed: uint8 {allowed}')
    return value.copy()  # a message is read-only, and torch asks for arrays it could write to


def _required(message: dict[str, Any], key: str) -> Any:
    if key not in message:
        known = ', '.join(f'{name!r:.60}' for name in list(message)[:16]) or 'nothing'
        raise MessageRefusedError(f'{key} is missing; the message has: {known}')
    return message[key]


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f'{value.dtype} {value.shape}'
    return type(value).__name__
