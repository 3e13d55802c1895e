"""A policy behind LeRobot's asynchronous policy server, which loads what it is told to load."""

from dataclasses import fields
from math import isclose
import time
from typing import Any

from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.values import ActionChunk, Observation, to_ns
from vla_lerobot.lerobot_import import WITHOUT_LANGUAGE
from vla_policy_server.actions.action_space import make_action_space
from vla_policy_server.backends.remote_answer import read_actions
from vla_policy_server.backends.remote_config import RemoteConfig
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.lerobot.answer import read_answer
from vla_policy_server.wire.lerobot.messages import LeRobotWriter, write_instructions
from vla_policy_server.wire.lerobot.session import LeRobotSession, Patience

_USED = ('url', 'answer_within_s', 'first_answer_within_s', 'connect_within_s', 'lerobot')
_RATE_TOLERANCE = 1e-3  # of times in seconds since 1970, as float64


class RemoteLeRobotPolicy:
    """Asks LeRobot's policy server for every chunk.

    Attributes:
        needs_images: the server's policy looks at images.
        needs_extras: it reads no privileged values.
        takes_instruction: whether policies of its type are told the task.
        known: what is known of the policy that the server runs, which says nothing of it.
        durations_ns: how long the parts of the last inference took, by name [ns].
        notes: what is believed of the server.
    """

    needs_images = True
    needs_extras: tuple[str, ...] = ()

    def __init__(self, deployment: Deployment, config: RemoteConfig) -> None:
        """Have the server load the policy.

        Raises:
            VlaError: there is no server, it cannot load the policy, or the configuration is wrong.
        """
        _require_used(config)
        served, self._url = config.lerobot, config.url
        if served is None:
            raise PolicyError(
                f'{self._url}: lerobot: found nothing; allowed: policy_type and '
                "pretrained_name_or_path, which LeRobot's server is told to load"
            )
        self.takes_instruction = served.policy_type not in WITHOUT_LANGUAGE
        self._name, self._rate_hz = deployment.policy.name, deployment.policy.rate_hz
        self._writer = LeRobotWriter(deployment)
        self._actions = make_action_space(deployment, deployment.policy.action_kind)
        self._step = 0
        self.known = f'it was told to load {served.pretrained_name_or_path}'
        self.durations_ns: dict[str, int] = {}
        self.notes = (
            f'{self._url} was told to load {served.pretrained_name_or_path}; it does not say what '
            'it loaded, nor what the actions mean, believed to be as in the policy file',
        )
        patience = Patience(config.answer_within_s, config.first_within_s, config.connect_within_s)
        instructions = write_instructions(served, self._writer.features)
        self._session = LeRobotSession(self._url, instructions, patience)

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the server's chunk as joint positions.

        Raises:
            WireError: there is no answer, or it cannot be used; the next call tries again.
        """
        started_ns = time.monotonic_ns()
        self._step += 1
        stamp_s = observation.stamp_ns / 1e9
        message = self._writer.write(observation, self._step, stamp_s)
        written_ns = time.monotonic_ns()
        found = self._session.ask(message, lambda data: self._read(data, stamp_s))
        answered_ns = time.monotonic_ns()
        actions = read_actions({'actions': found}, self._actions.width, self._url)
        chunk = ActionChunk(
            observation.stamp_ns,
            to_ns(1.0 / self._rate_hz),
            self._actions.to_joints(actions, observation.state),
        )
        self.durations_ns = {
            'write': written_ns - started_ns,
            'server': answered_ns - written_ns,
            'read': time.monotonic_ns() - answered_ns,
        }
        return chunk

    def reset(self) -> None:
        """Do nothing: the server keeps nothing of an episode."""

    def close(self) -> None:
        """End the connection."""
        self._session.close()

    def _read(self, data: bytes, stamp_s: float) -> NDArray[Any]:
        """Return the actions of an answer, shape (T, A), to an observation of a time [s]."""
        chunk = read_answer(data)
        if (chunk.step, chunk.stamp_s) != (self._step, stamp_s):
            raise WireError(
                f'the actions of observation {chunk.step}, asked for {self._step}: another robot '
                'uses it'
            )
        self._require_rate(chunk.period_s)
        return chunk.actions

    def _require_rate(self, period_s: float | None) -> None:
        """Refuse steps that the server times otherwise than they will be played."""
        rate_hz = self._rate_hz
        if period_s is None or isclose(period_s * rate_hz, 1.0, rel_tol=_RATE_TOLERANCE):
            return
        found_hz = 1.0 / period_s if period_s > 0.0 else 0.0
        raise WireError(
            f'steps at {found_hz:.4g} Hz; policy {self._name} has {rate_hz:g}: start the server '
            f'with --fps={rate_hz:g}, or set rate_hz to {found_hz:.4g}'
        )


def _require_used(config: RemoteConfig) -> None:
    """Refuse settings that nothing of this protocol reads."""
    for field in fields(config):
        value = getattr(config, field.name)
        if field.name not in _USED and value != field.default:
            raise PolicyError(
                f'{config.url}: {field.name}: found {value!s:.60}; allowed: nothing, servers of '
                'LeRobot have neither keys, token nor certificate'
            )
