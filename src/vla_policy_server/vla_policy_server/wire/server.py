"""A websocket server that speaks openpi's protocol, for one or many robots.

On connect it sends metadata; every binary message after that is an observation and gets one
answer. What cannot be used is answered by a sentence as text, which openpi's client raises as an
error, and the connection goes on.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
import hmac
from http import HTTPStatus
import logging
import time
from typing import Any, Protocol

from vla_contract.errors import VlaError
from vla_policy_server.wire.codec import pack, unpack
from vla_policy_server.wire.errors import MessageRefusedError, WireError
from vla_policy_server.wire.places import Places
from vla_policy_server.wire.server_settings import ServerSettings
from vla_policy_server.wire.structure import LIMITS, WireLimits
from websockets.asyncio.server import serve, ServerConnection
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

_LOG = logging.getLogger(__name__)
_HEALTH = '/healthz'


class WireSession(Protocol):
    """One robot's conversation with a policy."""

    async def answer(self, request: dict[str, Any], received_ns: int) -> dict[str, Any] | str:
        """Return the answer to an observation received at a time of this machine [ns].

        A text is sent as one: it says that something was done.

        Raises:
            VlaError: the observation cannot be used, or the policy has no answer.
        """
        ...

    def close(self) -> None:
        """Give back what the session holds."""
        ...


class WireService(Protocol):
    """What is served."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What a client is told on connect."""
        ...

    async def open(self) -> WireSession:
        """Begin the conversation with one robot."""
        ...


class WireServer:
    """Serves one service; a connection has a session of its own."""

    def __init__(
        self,
        service: WireService,
        settings: ServerSettings,
        limits: WireLimits = LIMITS,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Prepare to serve.

        Args:
            service: gives each connection its session.
            settings: where to listen, to whom.
            limits: what a message may be.
            now_ns: clock whose readings clients compare with theirs.

        Raises:
            WireError: the settings would open the policy to a network without a token.
        """
        settings.require_safe()
        self._service = service
        self._settings = settings
        self._limits = limits
        self._now_ns = now_ns
        self._places = Places(settings.max_clients, settings.idle_s)
        self._farewells: set[asyncio.Task[None]] = set()

    async def run(self, on_listening: Callable[[int], None]) -> None:
        """Serve until cancelled.

        Args:
            on_listening: called with the port once clients can connect.

        Raises:
            WireError: the address is taken or not of this machine, or the certificate is missing.
        """
        settings = self._settings
        server = serve(
            self._converse,
            settings.host,
            settings.port,
            ssl=settings.tls_context(),
            compression=None,  # images do not shrink, and a small message could grow large
            max_size=self._limits.message_bytes,
            max_queue=1,  # one request at a time: what a client sends ahead waits in its socket
            origins=[None],  # browsers name one; a page must not reach a worker on loopback
            process_request=self._admit,
        )
        try:
            listening = await server
        except OSError as error:
            where = f'{settings.host}:{settings.port}'
            raise WireError(f'cannot listen on {where}: {error.strerror}') from error
        async with listening:
            on_listening(next(iter(listening.sockets)).getsockname()[1])
            await listening.serve_forever()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer health checks, and turn away who has no token or finds no place."""
        if request.path == _HEALTH:
            return connection.respond(HTTPStatus.OK, 'OK\n')
        token = self._settings.token
        if token and not _carries(request, token):
            return connection.respond(
                HTTPStatus.UNAUTHORIZED, 'send the token as Authorization: Api-Key TOKEN\n'
            )
        if self._places.are_full:
            idle = self._places.take_from_idle()
            if idle is None:
                return connection.respond(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    f'{len(self._places)} clients are connected; allowed: '
                    f'{self._settings.max_clients}\n',
                )
            self._send_away(idle)
        return None

    def _send_away(self, connection: ServerConnection) -> None:
        """End a connection whose place another one takes."""
        _LOG.warning('%s was silent and leaves its place to another', connection.remote_address)
        task = asyncio.ensure_future(
            connection.close(CloseCode.TRY_AGAIN_LATER, 'silent for long, and others wait')
        )
        self._farewells.add(task)  # or it would be collected while it runs
        task.add_done_callback(self._farewells.discard)

    async def _converse(self, connection: ServerConnection) -> None:
        self._places.take(connection)
        _LOG.info('%s connected, %d in all', connection.remote_address, len(self._places))
        try:
            session = await self._service.open()
            try:
                await self._answer_all(connection, session)
            finally:
                session.close()
        except ConnectionClosed as closed:
            _LOG.debug('%s: %s', connection.remote_address, closed)
        except VlaError as error:  # no session: the policy cannot be loaded once more
            _LOG.error('%s: %s', connection.remote_address, error)
            await connection.close(1011, str(error)[:120])
        finally:
            self._places.leave(connection)
            _LOG.info('%s left', connection.remote_address)

    async def _answer_all(self, connection: ServerConnection, session: WireSession) -> None:
        await connection.send(pack(dict(self._service.metadata)))
        previous: dict[str, float] = {}
        async for message in connection:
            received_ns = self._now_ns()
            self._places.begin_work(connection)
            try:
                answer = self._answer(session, message, received_ns, previous)
                reply = await _while_connected(connection, answer)
            except VlaError as error:
                _LOG.warning('%s: %s', connection.remote_address, error)
                await connection.send(str(error))
                continue
            finally:
                self._places.end_work(connection)
            await connection.send(reply)
            previous = {'prev_total_ms': (self._now_ns() - received_ns) / 1e6}

    async def _answer(
        self,
        session: WireSession,
        message: str | bytes,
        received_ns: int,
        previous: dict[str, float],
    ) -> bytes | str:
        if isinstance(message, str):
            raise MessageRefusedError('found a text message; allowed: MessagePack')
        answer = await session.answer(unpack(message, self._limits), received_ns)
        if isinstance(answer, str):
            return answer
        timing = {**answer.get('server_timing', {}), **previous}
        stamps = {'received_ns': received_ns, 'replied_ns': self._now_ns()}
        return pack({**answer, 'server_timing': {**timing, **stamps}})


async def _while_connected(
    connection: ServerConnection, answer: Coroutine[Any, Any, bytes | str]
) -> bytes | str:
    """Return an answer; give it up when its client leaves, which is then noticed at once.

    Raises:
        ConnectionClosed: the client has left.
    """
    working = asyncio.ensure_future(answer)
    gone = asyncio.ensure_future(connection.wait_closed())
    try:
        await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ConnectionClosedError(None, None)
        return working.result()
    finally:
        working.cancel()
        gone.cancel()


def _carries(request: Request, token: str) -> bool:
    """Whether a request has the token, in openpi's form or as a bearer."""
    kind, _, found = request.headers.get('Authorization', '').partition(' ')
    known = kind in ('Api-Key', 'Bearer')
    return hmac.compare_digest(found.encode(), token.encode()) and known
