"""A connection to a policy server: one question at a time, a deadline, and new attempts."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
import socket
import ssl
import struct
import time
from typing import Any

from vla_contract.errors import VlaError
from vla_policy_server.wire.backoff import Backoff
from vla_policy_server.wire.codec import pack, unpack
from vla_policy_server.wire.errors import MessageRefusedError, UnreachableError, WireError
from vla_policy_server.wire.structure import LIMITS, WireLimits
from websockets.exceptions import InvalidStatus, InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect

# A closing handshake with a server that no longer answers would hold the robot up.
_CLOSE_WITHIN_S = 0.2


@dataclass(frozen=True)
class Endpoint:
    """Where a server is and how it is spoken to.

    Attributes:
        url: ws:// or wss:// address.
        token: what it asks for; empty sends none.
        tls_ca: certificate to trust instead of the system's; None trusts those.
        answer_within_s: time after which an answer is of no use [s].
    """

    url: str
    token: str = ''
    tls_ca: Path | None = None
    answer_within_s: float = 2.0


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
            connection = self._dial()
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

    def _dial(self) -> ClientConnection:
        url, token = self._endpoint.url, self._endpoint.token
        try:
            connection = connect(
                url,
                ssl=_tls_context(self._endpoint),
                additional_headers={'Authorization': f'Api-Key {token}'} if token else None,
                compression=None,
                proxy=None,  # a robot's images take no detour
                max_size=self._limits.message_bytes,
                open_timeout=self._endpoint.answer_within_s,
                close_timeout=_CLOSE_WITHIN_S,
                legacy=True,  # a connection that outlives this function
            )
        except InvalidURI as error:
            raise WireError(f'{error}; allowed: ws://host:port or wss://host:port') from None
        except InvalidStatus as refusal:
            body = (refusal.response.body or b'').decode(errors='replace').strip()
            kind = WireError
            if refusal.response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                kind = UnreachableError
            raise kind(f'{url} refused the connection: {body:.200}') from None
        except ssl.SSLCertVerificationError as error:
            raise WireError(f'{url}: its certificate is not trusted: {error}') from None
        except (OSError, WebSocketException) as error:
            raise UnreachableError(f'{url} is not there: {error}') from None
        _limit_sending(connection.socket, self._endpoint.answer_within_s)
        return connection

    def _greet(self, connection: ClientConnection) -> None:
        """Take the server's metadata, and refuse a server that must not be used."""
        url = self._endpoint.url
        try:
            greeting = connection.recv(timeout=self._endpoint.answer_within_s)
        except (OSError, WebSocketException) as error:
            raise UnreachableError(f'{url} did not introduce itself: {error}') from None
        if isinstance(greeting, str):
            raise WireError(f'{url} is no policy server: it sent text, not metadata')
        self.metadata = unpack(greeting, self._limits)
        self._accept(self.metadata)


def _tls_context(endpoint: Endpoint) -> ssl.SSLContext | None:
    if not endpoint.url.startswith('wss://'):
        return None
    try:
        return ssl.create_default_context(cafile=endpoint.tls_ca)
    except (OSError, ssl.SSLError) as error:
        raise WireError(f'certificate {endpoint.tls_ca} cannot be used: {error}') from None


def _limit_sending(connection: socket.socket, seconds: float) -> None:
    """Let sending fail instead of blocking for ever when a server no longer reads."""
    limit = struct.pack('ll', int(seconds), int(seconds % 1.0 * 1e6))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
