"""Observations and actions as GR00T's servers speak them: N1.6 and later nested, N1.5 flat."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import Image, Observation, Vector
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.images import fit_for_policy
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.gr00t.modalities import (
    ACTION,
    LANGUAGE,
    Modalities,
    require_parts,
    STATE,
    VIDEO,
)
from vla_policy_server.wire.observation_message import seen_camera

Parts = Mapping[str, tuple[str, ...]]
"""The names of the numbers of each part of a vector, in its order."""


class Gr00tWriter:
    """Writes observations for one server."""

    def __init__(
        self,
        deployment: Deployment,
        modalities: Modalities,
        state: Parts,
        images: Mapping[str, str],
        url: str,
    ) -> None:
        """Prepare for a server.

        Args:
            deployment: cell and policy.
            modalities: what the server wants.
            state: joints behind each part of its state.
            images: its key of each camera's or feature's image.
            url: the server, for errors.

        Raises:
            VlaError: a part has no joints or camera, or one that the cell lacks.
        """
        require_parts(state, modalities.state.keys, 'state', url)
        require_parts(dict.fromkeys(images.values(), 0), modalities.video.keys, 'images', url)
        self._modalities = modalities
        self._state = {key: VectorCodec(deployment, part).state for key, part in state.items()}
        self._cameras = {key: seen_camera(deployment, name) for name, key in images.items()}

    def write(self, observation: Observation) -> dict[str, Any]:
        """Return the arguments of get_action.

        Where an episode is younger than the policy looks back, its first observation stands for
        those before it.
        """
        wanted, frames = self._modalities, (*observation.earlier, observation)
        video = {
            key: np.stack([self._image(key, frame) for frame in _at(frames, wanted.video.steps)])
            for key in self._cameras
        }
        state = {
            key: np.stack([scale.encode(frame.state) for frame in _at(frames, wanted.state.steps)])
            for key, scale in self._state.items()
        }
        said = [observation.instruction] * len(wanted.language.steps)
        if wanted.is_flat:
            return {
                **{f'{VIDEO}.{key}': images for key, images in video.items()},
                **{f'{STATE}.{key}': numbers for key, numbers in state.items()},
                **dict.fromkeys(wanted.language.keys, said),
            }
        nested = {
            VIDEO: {key: images[np.newaxis] for key, images in video.items()},
            STATE: {key: n.astype(np.float32)[np.newaxis] for key, n in state.items()},
            LANGUAGE: {key: [said] for key in wanted.language.keys},
        }
        return {'observation': nested, 'options': None}

    def _image(self, key: str, frame: Observation) -> Image:
        camera = self._cameras[key]
        return fit_for_policy(frame.images[camera.camera], camera)


def read_parts(answer: Any, modalities: Modalities, parts: Parts, url: str) -> Vector:
    """Return the actions of an answer, shape (T, A), the parts beside one another.

    Args:
        answer: of get_action: the parts by name, and in N1.6 and later a second map of infos.
        modalities: what the server answers.
        parts: names of the numbers of each part.
        url: the server, for errors.

    Raises:
        WireError: a part is missing, of another shape, or not finite.
    """
    found = answer[0] if isinstance(answer, list) and answer else answer
    if not isinstance(found, dict):
        raise WireError(f'{url} answered with a {type(answer).__name__}; allowed: parts by name')
    prefix = f'{ACTION}.' if modalities.is_flat else ''
    steps = len(modalities.action.steps)
    return np.concatenate(
        [_part(found, f'{prefix}{key}', (steps, len(names)), url) for key, names in parts.items()],
        axis=1,
    )


def _part(found: dict[str, Any], key: str, shape: tuple[int, int], url: str) -> Vector:
    numbers = found.get(key)
    if not isinstance(numbers, np.ndarray) or numbers.dtype.kind not in 'fiu':
        has = ', '.join(f'{name!r:.40}' for name in list(found)[:16]) or 'nothing'
        raise WireError(f'{url} answered without an array {key}; the answer has: {has}')
    is_lone = numbers.shape == shape[:1] and shape[1] == 1  # N1.5 gives grippers so
    if not is_lone and numbers.shape not in (shape, (1, *shape)):
        raise WireError(
            f'{url} answered with {key} of shape {numbers.shape}; allowed: {(1, *shape)}'
        )
    if not np.isfinite(numbers).all():
        raise WireError(f'{url} answered with numbers of {key} that are not finite')
    return np.asarray(numbers, dtype=np.float64).reshape(shape)


def _at(frames: tuple[Observation, ...], steps: tuple[int, ...]) -> list[Observation]:
    """Return the frames of steps, of which 0 is the last."""
    return [frames[max(0, len(frames) - 1 + step)] for step in steps]
