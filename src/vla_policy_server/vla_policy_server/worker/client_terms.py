"""How the clients of a worker speak: what they are told, send, and get back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
import logging
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.values import Observation, Vector
from vla_contract.vectors.component import JOINT_POSITION
from vla_contract.vectors.vector_codec import in_si, VectorCodec
from vla_policy_server.backends.remote_config import RemoteConfig, ROBOARENA
from vla_policy_server.wire.handshake import described
from vla_policy_server.wire.observation_message import ObservationReader
from vla_policy_server.wire.request import CAN_CONTINUE, PROTOCOL, TAKES_INSTRUCTION
from vla_policy_server.wire.roboarena.convention import in_droid_units
from vla_policy_server.wire.roboarena.server_config import EXTERIOR, ServerConfig, WRIST
from vla_policy_server.worker.inference_engine import Engine
from vla_policy_server.worker.keyed_reader import KeyedReader

_LOG = logging.getLogger(__name__)
_DROID_HZ = 15.0


@dataclass(frozen=True)
class ClientTerms:
    """What a service and its clients agree on.

    Attributes:
        metadata: what a client is told on connect.
        read: the observation of a message, with a stamp [ns].
        write: the actions of positions in the cell's order, shape (T, D) to (T, A).
    """

    metadata: dict[str, Any]
    read: Callable[[dict[str, Any], int], Observation]
    write: Callable[[Vector], Vector]


def own_terms(
    deployment: Deployment, engine: Engine, identity: dict[str, Any] | None = None
) -> ClientTerms:
    """Return the terms of our robots, and of openpi's clients that speak our keys.

    Args:
        deployment: whose policy is served.
        engine: where it runs.
        identity: what else clients are told, of which policy it is.

    Raises:
        ContractError: the policy cannot read its images back from messages.
    """
    reader = ObservationReader(
        deployment, engine.needs_images, engine.needs_extras, engine.earlier_steps
    )
    # Positions in the policy's own numbers; what its moves become, in rad and m.
    is_position = deployment.policy.action_kind == JOINT_POSITION
    action = VectorCodec(deployment if is_position else in_si(deployment)).action
    metadata = {
        'protocol': PROTOCOL,
        **described(deployment, engine.needs_images),
        'action_kind': JOINT_POSITION,
        'needs_images': engine.needs_images,
        'needs_extras': list(engine.needs_extras),
        'earlier_steps': engine.earlier_steps,
        'policy': deployment.policy.name,
        'backend': deployment.policy.backend,
        **(identity or {}),
        CAN_CONTINUE: engine.can_continue,
    }
    if engine.takes_instruction is not None:
        metadata[TAKES_INSTRUCTION] = engine.takes_instruction
    return ClientTerms(metadata, reader.read, action.encode)


def terms_of_others(deployment: Deployment, engine: Engine, config: RemoteConfig) -> ClientTerms:
    """Return the terms of clients that send the keys of a remote configuration.

    Args:
        deployment: whose policy is served.
        engine: where it runs.
        config: its state, images and prompt are read; of roboarena, the state is DROID's.

    Raises:
        ContractError: the keys do not fit the cell or the policy.
        PolicyError: the keys of the images are not those of the protocol.
    """
    keys = config.keys(deployment)
    is_arena = config.protocol == ROBOARENA
    meant = in_droid_units(deployment) if is_arena else deployment
    reader = KeyedReader(meant, engine.needs_images, engine.needs_extras, keys)
    ours = own_terms(meant, engine)
    if is_arena:
        return ClientTerms(_arena_config(deployment, engine, keys.images), reader.read, ours.write)
    metadata = {key: value for key, value in ours.metadata.items() if key != 'protocol'}
    metadata['observation_keys'] = [*keys.state, *keys.images.values(), keys.prompt]
    return ClientTerms(metadata, reader.read, ours.write)


def _arena_config(
    deployment: Deployment, engine: Engine, images: dict[str, str]
) -> dict[str, Any]:
    """Return what RoboArena's clients are told."""
    policy, found = deployment.policy, set(images.values()) if engine.needs_images else set()
    config = ServerConfig(
        needs_wrist_camera=f'{WRIST}_left' in found,
        n_external_cameras=sum(f'{EXTERIOR.format(i)}_left' in found for i in range(2)),
        needs_stereo_camera=any(key.endswith('_right') for key in found),
    )
    if set(config.image_keys) != found:
        raise PolicyError(
            f'images of a roboarena worker: found {", ".join(sorted(found))}; allowed: '
            f'{", ".join(config.image_keys) or EXTERIOR.format(0) + "_left"}'
        )
    if policy.rate_hz != _DROID_HZ:
        _LOG.warning(
            'policy %s has %g Hz; DROID robots play its chunks at %g Hz',
            policy.name,
            policy.rate_hz,
            _DROID_HZ,
        )
    # Clients keep the whole image and pad; what is fitted otherwise is fitted here.
    sizes = {(c.height, c.width) for c in policy.cameras if c.resize == 'letterbox'}
    is_one = len(sizes) == 1 and all(c.resize == 'letterbox' for c in policy.cameras)
    return replace(config, image_resolution=sizes.pop() if is_one else None).write()
