"""The policy of a deployment as a service on the wire."""

import time
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.values import ActionChunk, to_ns
from vla_contract.vectors.component import JOINT_POSITION
from vla_contract.vectors.vector_codec import in_si, VectorCodec
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.handshake import described, ServedIdentity
from vla_policy_server.wire.observation_message import ObservationReader
from vla_policy_server.wire.request import PROTOCOL, read_request
from vla_policy_server.worker.inference_engine import Engine, Job, Seat


class PolicyService:
    """Gives every connection a session with an engine."""

    def __init__(
        self, deployment: Deployment, engine: Engine, identity: PolicyIdentity | None = None
    ) -> None:
        """Serve an engine.

        Args:
            deployment: what the engine's policy was checked against; clients are told its names.
            engine: where inference happens.
            identity: of its policy as loaded, None to tell it from the deployment.
        """
        self._deployment = deployment
        self._engine = engine
        self._reader = ObservationReader(
            deployment, engine.needs_images, engine.needs_extras, engine.earlier_steps
        )
        self.metadata: dict[str, Any] = {
            'protocol': PROTOCOL,
            **described(deployment, engine.needs_images),
            'action_kind': JOINT_POSITION,
            'needs_images': engine.needs_images,
            'needs_extras': list(engine.needs_extras),
            'earlier_steps': engine.earlier_steps,
            'policy': deployment.policy.name,
            'backend': deployment.policy.backend,
            **_identity(identity or identity_of(deployment)),
        }

    async def open(self) -> 'PolicySession':
        """Take a seat at the engine."""
        seat = await self._engine.take_seat()
        return PolicySession(self._deployment, self._reader, seat)


class PolicySession:
    """One robot's observations in, its chunks out."""

    def __init__(self, deployment: Deployment, reader: ObservationReader, seat: Seat) -> None:
        """Begin with a new episode."""
        self._reader = reader
        self._seat = seat
        # Positions in the policy's own numbers; what its moves become, in rad and m.
        is_position = deployment.policy.action_kind == JOINT_POSITION
        self._action = VectorCodec(deployment if is_position else in_si(deployment)).action
        self._is_new = True

    async def answer(self, message: dict[str, Any], received_ns: int) -> dict[str, Any]:
        """Return the actions of an observation, in the order and units of the policy's action.

        Raises:
            MessageRefusedError: the observation does not fit the deployment.
            WireError: the policy has no answer, or its deadline passed before its turn.
        """
        request = read_request(message, received_ns)
        observation = self._reader.read(message, request.stamp_ns)
        deadline_ns = time.monotonic_ns() + to_ns(request.patience_s)
        starts_episode = self._is_new or request.starts_episode
        self._is_new = False
        timed = await self._seat.infer(Job(observation, starts_episode, deadline_ns))
        chunk = timed.result
        if not isinstance(chunk, ActionChunk):
            raise WireError(str(chunk))
        return {
            'actions': self._action.encode(chunk.positions),
            'chunk': {
                'id': request.id,
                'stamp_ns': chunk.stamp_ns,
                'period_ns': chunk.period_ns,
            },
            'server_timing': {
                'infer_ms': timed.work_ns / 1e6,
                'queue_ms': timed.queue_ns / 1e6,
                'batch': timed.batch,
            },
        }

    def close(self) -> None:
        """Leave the seat to another robot."""
        self._seat.leave()


def _identity(identity: PolicyIdentity) -> dict[str, Any]:
    """Return what clients are told; of an unknown policy nothing, so that no gate passes it."""
    if not identity.sha256:
        return {}
    served = ServedIdentity(identity.sha256, identity.content_sha256, identity.precision)
    return {'identity': served.write()}
