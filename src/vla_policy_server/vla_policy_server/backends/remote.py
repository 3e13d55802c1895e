"""A policy on another machine, behind openpi's websocket protocol: our worker or another's."""

from dataclasses import replace
import time
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.policy import Policy
from vla_contract.values import ActionChunk, Observation, to_ns
from vla_contract.vectors.vector_codec import in_si
from vla_policy_server.actions.action_space import make_action_space
from vla_policy_server.backends.remote_answer import read_actions
from vla_policy_server.backends.remote_config import (
    GR00T,
    LEROBOT,
    load_remote_config,
    RemoteConfig,
)
from vla_policy_server.backends.remote_server import RemoteServer
from vla_policy_server.backends.remote_travel import travel_ns
from vla_policy_server.wire.client import WireClient
from vla_policy_server.wire.clock_offset import ClockOffset
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.observation_message import ObservationWriter
from vla_policy_server.wire.request import PROTOCOL, Request, write_plan
from vla_policy_server.wire.stated.image_size import with_image_size


class RemotePolicy:
    """Asks a server for every chunk.

    Attributes:
        needs_images: whether the server's policy looks at images.
        needs_extras: names of privileged values that it reads.
        earlier_steps: how many earlier observations it looks at.
        takes_instruction: whether its policy is told the task, None where it does not say.
        identity: what the server says about the policy it serves, None if it says nothing.
        clock: how far the server's clock is ahead of ours, if it stamps its answers.
        durations_ns: how long the parts of the last inference took, by name [ns].
        notes: what the server says of itself, and what of it is obeyed.
    """

    def __init__(self, deployment: Deployment, config: RemoteConfig) -> None:
        """Connect to the server.

        Raises:
            VlaError: there is no server, it refuses us, or it serves another deployment.
        """
        if config.actions is not None:
            raise PolicyError(
                f'{config.url}: actions: found {", ".join(config.actions)}; allowed: nothing, '
                'parts are those of GR00T (tcp://)'
            )
        ObservationWriter(deployment, config.keys(deployment))  # fails here, where a name is wrong
        self._deployment, self._config, self._url = deployment, config, config.url
        self._server: RemoteServer | None = None
        self._client = WireClient(config.endpoint(), self._accept)
        self._client.connect(config.connect_within_s)
        server = self._known
        self.needs_images, self.needs_extras = server.needs_images, server.needs_extras
        self.earlier_steps, self.identity = server.earlier_steps, server.identity
        self.takes_instruction, self.notes = server.takes_instruction, server.notes
        meant = _meant(deployment, server.metadata)
        keys = server.keys(config)
        self._writer = ObservationWriter(
            with_image_size(meant, server.facts.image_size),
            keys if self.needs_images else replace(keys, images={}),
        )
        self._actions = make_action_space(meant, server.action_kind)
        self._terms = Request(patience_s=config.answer_within_s, starts_episode=True)
        self._has_answered = False
        self.clock = ClockOffset()
        self.durations_ns: dict[str, int] = {}

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the server's chunk as joint positions.

        Raises:
            WireError: there is no answer, or it cannot be used; the next call tries again.
        """
        started_ns = time.monotonic_ns()
        within_s = (
            self._config.answer_within_s if self._has_answered else self._config.first_within_s
        )
        self._terms = replace(
            self._terms,
            id=self._terms.id + 1,
            stamp_ns=observation.stamp_ns,
            patience_s=within_s,
        )
        message = self._addressed(self._writer.write(observation, self.earlier_steps))
        message = write_plan(message, observation.committed)
        written_ns = time.monotonic_ns()
        answer = self._client.ask(message, within_s)
        self._has_answered = True
        self._terms = replace(self._terms, starts_episode=False)
        answered_ns = time.monotonic_ns()
        chunk = self._read(answer.content, observation)
        self.durations_ns = {
            'write': written_ns - started_ns,
            **travel_ns(answer, self.clock),
            'read': time.monotonic_ns() - answered_ns,
        }
        return chunk

    def reset(self) -> None:
        """Say with the next observation that an episode begins."""
        self._terms = replace(self._terms, starts_episode=True)

    def prepare_to_continue(self) -> None:
        """Have observations carry what the arm does, for a worker whose policy continues it.

        Raises:
            PolicyError: the server does not say that its policy can.
        """
        if not self._known.can_continue:
            raise PolicyError(
                f'mode rtc: {self._url} does not say that it continues a plan; allowed: sync, '
                'async, or a worker (vla policy serve) with a policy that can'
            )

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    @property
    def _known(self) -> RemoteServer:
        if self._server is None:
            raise WireError(f'{self._url} has not said what it serves')
        return self._server

    def _accept(self, metadata: dict[str, Any]) -> None:
        """Refuse a server of another deployment, and another policy in the middle of the work."""
        found = RemoteServer(self._deployment, self._url, metadata)
        if self._server is not None:
            self._server.require_same(found)
        found.require_fit()
        self._server = self._server or found

    def _addressed(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return a message with what this kind of server wants beside the observation."""
        if self._client.metadata.get('protocol') == PROTOCOL:
            return self._terms.write(message)
        episode = self._known.episode
        if episode is None:
            return message
        if self._terms.starts_episode:
            self._client.tell(episode.begin())
        return episode.write(message)

    def _read(self, content: dict[str, Any], observation: Observation) -> ActionChunk:
        server = self._known
        actions = read_actions(
            content, self._actions.width, self._url, server.facts.action_horizon, server.order
        )
        positions = self._actions.to_joints(actions, observation.state)
        stamp_ns, period_ns = observation.stamp_ns, to_ns(1.0 / self._deployment.policy.rate_hz)
        about = content.get('chunk')
        if about is None:
            return ActionChunk(stamp_ns, period_ns, positions)
        match about:
            case {'id': self._terms.id, 'stamp_ns': int(stamp_ns), 'period_ns': int(period_ns)}:
                return ActionChunk(stamp_ns, period_ns, positions)
        raise WireError(f'{self._url} did not answer request {self._terms.id}')


def make_remote(deployment: Deployment, device: str) -> Policy:
    """Connect to the server that is the source of a deployment's policy.

    It is a name under config/remotes, a YAML file, or the URL of a server that needs none.

    Raises:
        VlaError: the configuration is wrong, there is no server, or it serves another deployment.
    """
    config = load_remote_config(deployment.policy.source)
    if config.url.startswith(LEROBOT):
        from vla_policy_server.backends.remote_lerobot import RemoteLeRobotPolicy

        return RemoteLeRobotPolicy(deployment, config)
    if config.lerobot is not None:
        raise PolicyError(
            f'{config.url}: lerobot: found {config.lerobot.policy_type}; allowed: nothing, only '
            "LeRobot's server (grpc://) is told what to load"
        )
    if not config.url.startswith(GR00T):
        return RemotePolicy(deployment, config)
    from vla_policy_server.backends.remote_gr00t import Gr00tPolicy  # brings pyzmq

    return Gr00tPolicy(deployment, config)


def _meant(deployment: Deployment, metadata: dict[str, Any]) -> Deployment:
    """Return the deployment as a server means its numbers.

    They are the policy's. Our own worker without `state_units` speaks rad and m of joints.
    """
    is_older = metadata.get('protocol') == PROTOCOL and 'state_units' not in metadata
    return in_si(deployment) if is_older and deployment.policy.end_effector is None else deployment
