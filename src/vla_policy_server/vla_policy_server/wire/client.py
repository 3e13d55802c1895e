"""A connection to a policy server: one question at a time, a deadline, and new attempts."""

from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Any

from vla_contract.errors import VlaError
from vla_policy_server.wire.backoff import Backoff
from vla_policy_server.wire.codec import pack, unpack
from vla_policy_server.wire.endpoint import dial, Endpoint
from vla_policy_server.wire.errors import (
    is_traceback,
    MessageRefusedError,
    reason_in,
    UnreachableError,
    WireError,
)
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

    def ask(self, message: dict[str, Any], within_s: float | None = None) -> Answer:
        """Return the answer to a message.

        Args:
            message: the question.
            within_s: time after which no one waits for it [s], None for the endpoint's.

        Raises:
            MessageRefusedError: the server answered with a reason instead.
            UnreachableError: there is no connection; a later call tries again.
            WireError: the answer did not come in time, or cannot be used.
        """
        sent_ns, reply = self._exchange(message, within_s)
        answered_ns = self._now_ns()
        if isinstance(reply, str):
            raise MessageRefusedError(f'{self._endpoint.url} refused: {reason_in(reply):.500}')
        return Answer(unpack(reply, self._limits), sent_ns, answered_ns)

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message whose answer is a text that says it was done.

        Raises:
            MessageRefusedError: the answer is a traceback.
            UnreachableError: as for `ask`.
            WireError: as for `ask`.
        """
        _, reply = self._exchange(message, None)
        if isinstance(reply, str) and is_traceback(reply):
            raise MessageRefusedError(f'{self._endpoint.url} refused: {reason_in(reply):.500}')

    def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _exchange(
        self, message: dict[str, Any], within_s: float | None
    ) -> tuple[int, str | bytes]:
        """Return when a message left [ns], and what came back."""
        if self._connection is None:
            self._connection = self._open()
        url = self._endpoint.url
        within_s = self._endpoint.answer_within_s if within_s is None else within_s
        data = pack(message)
        try:
            self._require_silence(self._connection)
            sent_ns = self._now_ns()
            self._connection.send(data)
            return sent_ns, self._connection.recv(timeout=within_s)
        except TimeoutError:
            self.close()  # or its late answer would be taken for that of the next question
            raise WireError(f'{url} did not answer within {within_s:g} s') from None
        except (WebSocketException, OSError) as error:
            self.close()
            raise UnreachableError(f'{url} is gone: {error}') from None

    def _require_silence(self, connection: ClientConnection) -> None:
        """Refuse a message that nobody asked for: it would be taken for the next answer."""
        try:
            connection.recv(timeout=0.0)
        except TimeoutError:
            return
        self.close()
        raise WireError(f'{self._endpoint.url} sent a message that nobody asked for')

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
        except BaseException:  # also what is wrong with our own reading: no descriptor is left
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
