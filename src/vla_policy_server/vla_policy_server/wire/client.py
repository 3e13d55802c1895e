"""A connection to a policy server: one question at a time, a deadline, and new attempts."""

from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Any

from vla_contract.errors import VlaError
from vla_policy_server.wire.backoff import Backoff
from vla_policy_server.wire.codec import pack, unpack
from vla_policy_server.wire.endpoint import dial, Endpoint
from vla_policy_server.wire.errors import MessageRefusedError, UnreachableError, WireError
from vla_policy_server.wire.structure import LIMITS, WireLimits
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection


@dataclass(frozen=True)
class Answer:
    """What came back; when the question left and the answer arrived [ns]."""

    content: dict[str, Any]
    sent_ns: int
    answered_ns: int


class WireClient:
    """Talks to a server; after a failure it connects anew, at growing intervals.

    Attributes:
        metadata: what the server said on the last connect.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        accept: Callable[[dict[str, Any]], None],
        limits: WireLimits = LIMITS,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            endpoint: the server.
            accept: raises when a server with such metadata must not be used; called on every
                connect, since another server may have taken the address.
            limits: what an answer may be.
            now_ns: clock to stamp with.
        """
        self.metadata: dict[str, Any] = {}
        self._endpoint = endpoint
        self._accept = accept
        self._limits = limits
        self._now_ns = now_ns
        self._connection: ClientConnection | None = None
        self._backoff = Backoff()

    def connect(self, within_s: float) -> None:
        """Connect, waiting for a server that is still starting.

        Raises:
            UnreachableError: none came in that time.
            VlaError: the server refuses us, or must not be used.
        """
        until_s = time.monotonic() + within_s
        while self._connection is None:
            try:
                self._connection = self._open()
            except UnreachableError:
                if self._backoff.not_before_s > until_s:
                    raise
                time.sleep(max(0.0, self._backoff.not_before_s - time.monotonic()))

    def ask(self, message: dict[str, Any]) -> Answer:
        """Return the answer to a message.

        Raises:
            MessageRefusedError: the server answered with a reason instead.
            UnreachableError: there is no connection; a later call tries again.
            WireError: the answer did not come in time, or cannot be used.
        """
        if self._connection is None:
            self._connection = self._open()
        url, within_s = self._endpoint.url, self._endpoint.answer_within_s
        data = pack(message)
        sent_ns = self._now_ns()
        try:
            self._connection.send(data)
            reply = self._connection.recv(timeout=within_s)
        except TimeoutError:
            self.close()  # or its late answer would be taken for that of the next question
            raise WireError(f'{url} did not answer within {within_s:g} s') from None
        except (WebSocketException, OSError) as error:
            self.close()
            raise UnreachableError(f'{url} is gone: {error}') from None
        answered_ns = self._now_ns()
        if isinstance(reply, str):
            reason = reply.strip().rpartition('\n')[2]  # openpi sends a traceback
            raise MessageRefusedError(f'{url} refused: {reason:.500}')
        return Answer(unpack(reply, self._limits), sent_ns, answered_ns)

    def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> ClientConnection:
        wait_s = self._backoff.not_before_s - time.monotonic()
        if wait_s > 0.0:
            raise UnreachableError(
                f'{self._endpoint.url} is not there; next attempt in {wait_s:.1f} s'
            )
        try:
            connection = dial(self._endpoint, self._limits.message_bytes)
        except VlaError:
            self._backoff.failed(time.monotonic())
            raise
        try:
            self._greet(connection)
        except VlaError:
            self._backoff.failed(time.monotonic())
            connection.close()
            raise
        self._backoff.succeeded()
        return connection

    def _greet(self, connection: ClientConnection) -> None:
        """Take the server's metadata, and refuse a server that must not be used."""
        url = self._endpoint.url
        try:
            greeting = connection.recv(timeout=self._endpoint.answer_within_s)
        except (OSError, WebSocketException) as error:
            raise UnreachableError(f'{url}: no handshake: {error}') from None
        if isinstance(greeting, str):
            raise WireError(f'{url} is no policy server: it sent text, not metadata')
        self.metadata = unpack(greeting, self._limits)
        self._accept(self.metadata)
