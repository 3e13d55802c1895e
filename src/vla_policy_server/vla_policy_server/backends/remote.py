"""A policy on another machine, behind openpi's websocket protocol: our worker or openpi's."""

from dataclasses import replace
import time
from typing import Any

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.values import ActionChunk, Observation, to_ns, Vector
from vla_contract.vectors.vector_codec import in_si
from vla_policy_server.actions.action_space import make_action_space
from vla_policy_server.backends.remote_config import load_remote_config, RemoteConfig
from vla_policy_server.wire.client import Answer, WireClient
from vla_policy_server.wire.clock_offset import ClockOffset, Exchange
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.handshake import read_identity, require_same_meaning
from vla_policy_server.wire.observation_message import ObservationWriter
from vla_policy_server.wire.request import PROTOCOL, Request

_LONGEST_CHUNK, _LONGEST_HISTORY = 1000, 64


class RemotePolicy:
    """Asks a server for every chunk.

    Attributes:
        needs_images: whether the server's policy looks at images.
        needs_extras: names of privileged values that it reads.
        earlier_steps: how many earlier observations it looks at.
        identity: what the server says about the policy it serves, None if it says nothing.
        clock: how far the server's clock is ahead of ours, if it stamps its answers.
        durations_ns: how long the parts of the last inference took, by name [ns].
    """

    def __init__(self, deployment: Deployment, config: RemoteConfig) -> None:
        """Connect to the server.

        Raises:
            VlaError: there is no server, it refuses us, or it serves another deployment.
        """
        keys = config.keys(deployment)
        self._writer = ObservationWriter(deployment, keys)  # fails here, where a name is wrong
        self._deployment = deployment
        self._url = config.url
        self._metadata: dict[str, Any] | None = None
        self._client = WireClient(config.endpoint(), self._accept)
        self._client.connect(config.connect_within_s)
        metadata = self._client.metadata
        self.needs_images = metadata.get('needs_images', True) is True
        self.needs_extras = tuple(map(str, metadata.get('needs_extras', ())))
        self.earlier_steps = _earlier_steps(metadata, self._url)
        meant = _meant(deployment, metadata)
        self._writer = ObservationWriter(
            meant, keys if self.needs_images else replace(keys, images={})
        )
        self.identity = read_identity(metadata)
        self._actions = make_action_space(
            meant, metadata.get('action_kind', deployment.policy.action_kind)
        )
        self._terms = Request(patience_s=config.answer_within_s, starts_episode=True)
        self.clock = ClockOffset()
        self.durations_ns: dict[str, int] = {}

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the server's chunk as joint positions.

        Raises:
            WireError: there is no answer, or it cannot be used; the next call tries again.
        """
        started_ns = time.monotonic_ns()
        message = self._writer.write(observation, self.earlier_steps)
        self._terms = replace(self._terms, id=self._terms.id + 1, stamp_ns=observation.stamp_ns)
        if self._client.metadata.get('protocol') == PROTOCOL:
            message = self._terms.write(message)
        written_ns = time.monotonic_ns()
        answer = self._client.ask(message)
        self._terms = replace(self._terms, starts_episode=False)
        answered_ns = time.monotonic_ns()
        chunk = self._read(answer.content, observation)
        self.durations_ns = {
            'write': written_ns - started_ns,
            **self._travel(answer),
            'read': time.monotonic_ns() - answered_ns,
        }
        return chunk

    def reset(self) -> None:
        """Say with the next observation that an episode begins."""
        self._terms = replace(self._terms, starts_episode=True)

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def _accept(self, metadata: dict[str, Any]) -> None:
        """Refuse a server of another deployment, and another policy in the middle of the work."""
        if self._metadata is not None and metadata != self._metadata:
            raise PolicyError(
                f'{self._url} now serves {_name(metadata)}, not {_name(self._metadata)}: '
                'configure the policy server again'
            )
        self._metadata = metadata
        require_same_meaning(self._deployment, self._url, metadata)

    def _read(self, content: dict[str, Any], observation: Observation) -> ActionChunk:
        actions = _actions(content, self._actions.width, self._url)
        positions = self._actions.to_joints(actions, observation.state)
        stamp_ns, period_ns = observation.stamp_ns, to_ns(1.0 / self._deployment.policy.rate_hz)
        about = content.get('chunk')
        if about is None:
            return ActionChunk(stamp_ns, period_ns, positions)
        match about:
            case {'id': self._terms.id, 'stamp_ns': int(stamp_ns), 'period_ns': int(period_ns)}:
                return ActionChunk(stamp_ns, period_ns, positions)
        raise WireError(f'{self._url} did not answer request {self._terms.id}')

    def _travel(self, answer: Answer) -> dict[str, int]:
        """Split the time of an exchange into its parts, as far as the server's stamps tell."""
        timing = answer.content.get('server_timing')
        timing = timing if isinstance(timing, dict) else {}
        parts = {
            name: round(timing[f'{key}_ms'] * 1e6)
            for name, key in (('queue', 'queue'), ('model', 'infer'))
            if isinstance(timing.get(f'{key}_ms'), float)
        }
        received_ns, replied_ns = timing.get('received_ns'), timing.get('replied_ns')
        if not isinstance(received_ns, int) or not isinstance(replied_ns, int):
            return parts
        exchange = Exchange(answer.sent_ns, received_ns, replied_ns, answer.answered_ns)
        self.clock.add(exchange)
        offset_ns = self.clock.offset_ns
        parts['upload'] = received_ns - answer.sent_ns - offset_ns
        parts['download'] = answer.answered_ns - replied_ns + offset_ns
        return parts


def make_remote(deployment: Deployment, device: str) -> RemotePolicy:
    """Connect to the server that is the source of a deployment's policy.

    It is a name under config/remotes, a YAML file, or ws://host:port.

    Raises:
        VlaError: the configuration is wrong, there is no server, or it serves another deployment.
    """
    return RemotePolicy(deployment, load_remote_config(deployment.policy.source))


def _meant(deployment: Deployment, metadata: dict[str, Any]) -> Deployment:
    """Return the deployment as a server means its numbers.

    They are the policy's. Our own worker without `state_units` speaks rad and m of joints.
    """
    is_older = metadata.get('protocol') == PROTOCOL and 'state_units' not in metadata
    return in_si(deployment) if is_older and deployment.policy.end_effector is None else deployment


def _earlier_steps(metadata: dict[str, Any], url: str) -> int:
    found = metadata.get('earlier_steps', 0)
    if not isinstance(found, int) or not 0 <= found <= _LONGEST_HISTORY:
        raise PolicyError(
            f'{url}: earlier_steps: found {found!r:.40}; allowed: 0 to {_LONGEST_HISTORY}'
        )
    return found


def _name(metadata: dict[str, Any]) -> str:
    name = f'{metadata.get("robot", "an unknown robot")}/{metadata.get("policy", "policy")}'[:120]
    identity = read_identity(metadata)
    return f'{name} (sha256 {identity.sha256:.12})' if identity else name


def _actions(content: dict[str, Any], width: int, url: str) -> Vector:
    """Return the actions of an answer, shape (T, width); a single one may come without T."""
    actions = content.get('actions')
    if not isinstance(actions, np.ndarray) or actions.dtype.kind not in 'fiu':
        found = ', '.join(f'{key!r:.40}' for key in list(content)[:16]) or 'nothing'
        raise WireError(f'{url} answered without an array of actions; the answer has: {found}')
    if actions.ndim == 1:
        actions = actions[np.newaxis]
    if actions.ndim != 2 or actions.shape[1] != width or not 0 < len(actions) <= _LONGEST_CHUNK:
        raise WireError(
            f'{url} answered with actions of shape {actions.shape}; allowed: (1 to '
            f'{_LONGEST_CHUNK}, {width})'
        )
    if not np.isfinite(actions).all():
        raise WireError(f'{url} answered with numbers that are not finite')
    return np.asarray(actions, dtype=np.float64)
