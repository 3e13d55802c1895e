"""A policy behind GR00T's ZMQ protocol, of N1.5 and of what came after it."""

import time

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.values import ActionChunk, Observation, to_ns
from vla_contract.vectors.component import END_EFFECTOR_DELTA, TOOL_QUANTITIES
from vla_policy_server.actions.action_space import make_action_space
from vla_policy_server.backends.remote_config import RemoteConfig
from vla_policy_server.wire.errors import UnreachableError
from vla_policy_server.wire.gr00t.connection import Gr00tConnection
from vla_policy_server.wire.gr00t.identity import known_of, served_identity
from vla_policy_server.wire.gr00t.messages import Gr00tWriter, Parts, read_parts
from vla_policy_server.wire.gr00t.modalities import Modalities, read_modalities, require_parts
from vla_policy_server.wire.handshake import ServedIdentity
from vla_policy_server.wire.stated.agreement import action_order

_OF_TOOLS = (END_EFFECTOR_DELTA, *TOOL_QUANTITIES)
_ATTEMPT_S, _PAUSE_S = 1.0, 0.1  # of the start, which waits for a server that comes later


class Gr00tPolicy:
    """Asks a GR00T server for every chunk.

    Attributes:
        needs_images: the server's policy looks at images.
        needs_extras: it reads no privileged values.
        takes_instruction: it is told the task.
        earlier_steps: how many earlier observations it looks at.
        identity: what the server says about the weights and modalities that it serves, None where
            it does not say its weights.
        durations_ns: how long the parts of the last inference took, by name [ns].
        notes: what the server says of itself.
    """

    needs_images = True
    needs_extras: tuple[str, ...] = ()
    takes_instruction = True

    def __init__(self, deployment: Deployment, config: RemoteConfig) -> None:
        """Ask the server what it wants.

        Raises:
            VlaError: there is no server, or it wants something else than the configuration names.
        """
        self._deployment, self._config, self._url = deployment, config, config.url
        self._connection = Gr00tConnection(config.url, config.token())
        try:
            self._greet()
            self._prepare()
        except BaseException:
            self._connection.end()
            raise
        self._starts_episode, self._has_answered = True, False
        self.durations_ns: dict[str, int] = {}

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the server's chunk as joint positions.

        Raises:
            WireError: there is no answer, or it cannot be used; the next call tries again.
            PolicyError: another server has taken the address.
        """
        started_ns = time.monotonic_ns()
        within_s = self._config.answer_within_s
        if not self._connection.is_open:
            self._require_same(within_s)
        if self._starts_episode and not self._modalities.is_flat:  # N1.5 has nothing to forget
            self._connection.call('reset', {'options': None}, within_s)
        message = self._writer.write(observation)
        written_ns = time.monotonic_ns()
        answer = self._connection.call(
            'get_action', message, within_s if self._has_answered else self._config.first_within_s
        )
        self._starts_episode, self._has_answered = False, True
        answered_ns = time.monotonic_ns()
        actions = read_parts(answer, self._modalities, self._parts, self._url)
        if self._order is not None:
            actions = actions[:, self._order]
        chunk = ActionChunk(
            observation.stamp_ns,
            to_ns(1.0 / self._deployment.policy.rate_hz),
            self._actions.to_joints(actions, observation.state),
        )
        self.durations_ns = {
            'write': written_ns - started_ns,
            'server': answered_ns - written_ns,
            'read': time.monotonic_ns() - answered_ns,
        }
        return chunk

    def reset(self) -> None:
        """Tell the server with the next observation that an episode begins."""
        self._starts_episode = True

    def close(self) -> None:
        """End the connection."""
        self._connection.end()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the server says, and what is believed because it does not, one sentence each."""
        steps, rate_hz = len(self._modalities.action.steps), self._deployment.policy.rate_hz
        return (
            f'{self._url} answers with {steps} steps, played at {rate_hz:g} Hz: it does not say '
            'its rate nor its units, believed to be those of the policy file',
        )

    @property
    def known(self) -> str:
        """What is known of the policy where `identity` is None."""
        return known_of(self._modalities)

    def _greet(self) -> None:
        """Wait for the server and take its modalities."""
        until_s = time.monotonic() + self._config.connect_within_s
        while True:
            left_s = until_s - time.monotonic()
            try:
                self._connection.call('ping', None, max(0.05, min(_ATTEMPT_S, left_s)))
                break
            except UnreachableError:
                if left_s <= 0.0:
                    raise
                time.sleep(_PAUSE_S)
        self._modalities, self.identity = self._asked(self._config.answer_within_s)

    def _asked(self, within_s: float) -> tuple[Modalities, ServedIdentity | None]:
        answer = self._connection.call('get_modality_config', None, within_s)
        modalities = read_modalities(answer, self._url)
        return modalities, served_identity(self._connection, modalities, within_s)

    def _require_same(self, within_s: float) -> None:
        if self._asked(within_s) != (self._modalities, self.identity):
            self._connection.close()
            raise PolicyError(
                f'{self._url} now serves another policy: configure the policy server again'
            )

    def _prepare(self) -> None:
        """Compare what the server wants with what the configuration and the policy file say."""
        deployment, config, action = self._deployment, self._config, self._modalities.action
        state: Parts = config.state or {}
        self._parts: Parts = state if config.actions is None else config.actions
        self._writer = Gr00tWriter(
            deployment, self._modalities, state, config.images or {}, self._url
        )
        self.earlier_steps = self._modalities.earlier_steps
        require_parts(self._parts, action.keys, 'actions', self._url)
        if action.of_tool and deployment.policy.action_kind not in _OF_TOOLS:
            raise PolicyError(
                f'{self._url}: action {", ".join(action.of_tool)}: found poses of a tool; policy '
                f'{deployment.policy.name} has {deployment.policy.action_kind}'
            )
        names = tuple(name for part in self._parts.values() for name in part)
        self._order = action_order(deployment, names, self._url)
        self._actions = make_action_space(deployment, deployment.policy.action_kind)
