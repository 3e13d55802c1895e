"""The policy of a deployment as a service on the wire."""

from dataclasses import replace
import time
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.values import ActionChunk, to_ns
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.handshake import ServedIdentity
from vla_policy_server.wire.request import read_plan, read_request
from vla_policy_server.wire.roboarena.episode import ENDPOINT, RESET, RESET_DONE
from vla_policy_server.worker.client_terms import ClientTerms, own_terms
from vla_policy_server.worker.inference_engine import Engine, Job, Seat


class PolicyService:
    """Gives every connection a session with an engine."""

    def __init__(
        self,
        deployment: Deployment,
        engine: Engine,
        identity: PolicyIdentity | None = None,
        terms: ClientTerms | None = None,
    ) -> None:
        """Serve an engine.

        Args:
            deployment: what the engine's policy was checked against; clients are told its names.
            engine: where inference happens.
            identity: of its policy as loaded, None to tell it from the deployment.
            terms: how clients speak, None for our robots and openpi's client.
        """
        self._engine = engine
        self._terms = terms or own_terms(
            deployment, engine, _identity(identity or identity_of(deployment))
        )
        self.metadata: dict[str, Any] = self._terms.metadata

    async def open(self) -> 'PolicySession':
        """Take a seat at the engine."""
        seat = await self._engine.take_seat()
        return PolicySession(self._terms, seat, self._engine.can_continue)


class PolicySession:
    """One robot's observations in, its chunks out."""

    def __init__(self, terms: ClientTerms, seat: Seat, can_continue: bool) -> None:
        """Begin with a new episode."""
        self._can_continue = can_continue
        self._terms = terms
        self._seat = seat
        self._is_new = True

    async def answer(self, message: dict[str, Any], received_ns: int) -> dict[str, Any] | str:
        """Return the actions of an observation, in the order and units of the terms.

        A message to the endpoint `reset`, as RoboArena's client sends it, begins an episode and is
        answered by a text.

        Raises:
            MessageRefusedError: the observation does not fit the deployment.
            WireError: the policy has no answer, or its deadline passed before its turn.
        """
        if message.get(ENDPOINT) == RESET:
            self._is_new = True
            return RESET_DONE
        request = read_request(message, received_ns)
        observation = self._terms.read(message, request.stamp_ns)
        plan = read_plan(message, len(observation.state))
        if plan is not None:
            if not self._can_continue:
                raise WireError('the policy cannot continue a plan; allowed: none')
            observation = replace(observation, committed=plan)
        deadline_ns = time.monotonic_ns() + to_ns(request.patience_s)
        starts_episode = self._is_new or request.starts_episode
        self._is_new = False
        timed = await self._seat.infer(Job(observation, starts_episode, deadline_ns))
        chunk = timed.result
        if not isinstance(chunk, ActionChunk):
            raise WireError(str(chunk))
        return {
            'actions': self._terms.write(chunk.positions),
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
