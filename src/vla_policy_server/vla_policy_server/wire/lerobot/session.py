"""A conversation with LeRobot's server: it loads a policy, then answers observations."""

from collections.abc import Callable
from dataclasses import dataclass
import time

from vla_policy_server.wire.backoff import Backoff
from vla_policy_server.wire.errors import UnreachableError, WireError
from vla_policy_server.wire.lerobot.connection import LeRobotConnection
from vla_policy_server.wire.lerobot.protobuf import (
    actions_data,
    EMPTY,
    observation_parts,
    policy_setup,
)

# The server gives up waiting for an observation without a word, and so it does when its policy
# fails; after two such answers it may be another server, and is told again what to load.
_MOST_SILENT = 2


@dataclass(frozen=True)
class Patience:
    """How long is waited for what [s].

    Attributes:
        answer_s: for an answer.
        first_s: for the policy to be loaded, and for its first answer.
        connect_s: for a server that is still starting.
    """

    answer_s: float
    first_s: float
    connect_s: float


class LeRobotSession:
    """Keeps one server loaded with one policy; after a failure it connects anew."""

    def __init__(self, url: str, instructions: bytes, patience: Patience) -> None:
        """Wait for the server and have it load the policy.

        Args:
            url: grpc://host:port.
            instructions: the pickle that says what to load.
            patience: deadlines.

        Raises:
            VlaError: there is no server, or it cannot load the policy.
        """
        self._url, self._instructions, self._patience = url, instructions, patience
        self._connection, self._backoff = LeRobotConnection(url), Backoff()
        self._has_answered, self._silent = False, 0
        self._connect()

    def ask[T](self, observation: bytes, read: Callable[[bytes], T]) -> T:
        """Return what is read of the pickle that answers a pickled observation.

        Args:
            observation: the question.
            read: of an answer; raises WireError where it cannot be used.

        Raises:
            UnreachableError: there is no server; a later call tries again.
            WireError: the answer did not come in time, or cannot be used.
        """
        if not self._connection.is_open:
            self._greet()
        data = self._exchange(observation)
        if not data:
            self._count_silence()
        self._has_answered, self._silent = True, 0
        try:
            return read(data)
        except WireError as error:
            self._connection.close()
            raise WireError(f'{self._url} answered with {error}') from None

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _connect(self) -> None:
        until_s = time.monotonic() + self._patience.connect_s
        while not self._connection.is_open:
            try:
                self._greet()
            except UnreachableError:
                if self._backoff.not_before_s > until_s:
                    raise
                time.sleep(max(0.0, self._backoff.not_before_s - time.monotonic()))

    def _greet(self) -> None:
        """Open a connection and wait until the server has loaded the policy."""
        wait_s = self._backoff.not_before_s - time.monotonic()
        if wait_s > 0.0:
            raise UnreachableError(f'{self._url} is not there; next attempt in {wait_s:.1f} s')
        setup = policy_setup(self._instructions)
        try:
            self._connection.open()
            self._connection.call('Ready', EMPTY, self._patience.answer_s)
            self._connection.call('SendPolicyInstructions', setup, self._patience.first_s)
        except BaseException:
            self._backoff.failed(time.monotonic())
            self._connection.close()
            raise
        self._backoff.succeeded()
        self._has_answered, self._silent = False, 0

    def _exchange(self, observation: bytes) -> bytes:
        """Send an observation; return the answer, nothing for one that says nothing."""
        patience = self._patience
        within_s = patience.answer_s if self._has_answered else patience.first_s
        until_s = time.monotonic() + within_s
        try:
            self._connection.stream('SendObservations', observation_parts(observation), within_s)
            left_s = max(0.0, until_s - time.monotonic())
            return actions_data(self._connection.call('GetActions', EMPTY, left_s))
        except UnreachableError:
            self._connection.close()
            raise

    def _count_silence(self) -> None:
        self._silent += 1
        if self._silent >= _MOST_SILENT:
            self._connection.close()
        raise WireError(
            f'{self._url} answered with nothing: its policy failed, as its log says, or another '
            'robot uses it'
        )
