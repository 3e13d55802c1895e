"""A connection to a GR00T server: one request at a time, and a new socket after a failure."""

import re
from typing import Any

from vla_policy_server.wire.errors import MessageRefusedError, UnreachableError, WireError
from vla_policy_server.wire.gr00t.arrays import pack, unpack
from vla_policy_server.wire.structure import LIMITS, WireLimits
import zmq

_URL = re.compile(r'tcp://(\[[0-9A-Fa-f:.]+\]|[\w.-]+):(\d{1,5})')
_CONNECT_WITHIN_S = 2.0
# Events of a connection that comes to nothing, or ends.
_LOST = (
    zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CLOSED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
# What N1 answers to a request that it cannot read, instead of a message.
_FAILED = b'ERROR'


class Gr00tConnection:
    """Sends requests to a server's endpoints, as its PolicyClient does.

    A socket of requests that waits for an answer takes no other request: one whose answer did not
    come in time is closed, and so a late answer is never taken for the next one.
    """

    def __init__(self, url: str, token: str = '', limits: WireLimits = LIMITS) -> None:
        """Prepare; nothing is sent yet.

        Args:
            url: tcp://host:port.
            token: sent as api_token with every request; empty sends none.
            limits: what an answer may be.

        Raises:
            WireError: the address is none.
        """
        match = _URL.fullmatch(url)
        if match is None or not 0 < int(match[2]) < 65536:
            raise WireError(f'{url} is no address; allowed: tcp://host:port')
        self._url, self._token, self._limits = url, token, limits
        self._context = zmq.Context()
        self._socket: zmq.Socket[bytes] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the socket is the one that answered the last request."""
        return self._socket is not None

    def call(self, endpoint: str, data: dict[str, Any] | None, within_s: float) -> Any:
        """Return what an endpoint answers.

        Args:
            endpoint: its name.
            data: its arguments, None for one without.
            within_s: time after which an answer is of no use [s].

        Raises:
            MessageRefusedError: the server answered with an error, or what cannot be read.
            UnreachableError: there is no server; a later call tries again.
            WireError: the answer did not come in time.
        """
        request: dict[str, Any] = {'endpoint': endpoint}
        if data is not None:
            request['data'] = data
        if self._token:
            request['api_token'] = self._token
        reply = self._exchange(pack(request), within_s)
        if reply == _FAILED:
            raise MessageRefusedError(f'{self._url} refused {endpoint} without a reason')
        answer = unpack(reply, self._limits)
        if isinstance(answer, dict) and 'error' in answer:
            lines = str(answer['error']).strip().splitlines() or ['without a reason']
            raise MessageRefusedError(f'{self._url} refused {endpoint}: {lines[0]:.500}')
        return answer

    def close(self) -> None:
        """Drop the connection; the next call opens another."""
        socket, self._socket = self._socket, None
        if socket is not None:
            _close(socket)

    def end(self) -> None:
        """Give back everything; there is no call after this."""
        self.close()
        self._context.destroy(linger=0)

    def _exchange(self, request: bytes, within_s: float) -> bytes:
        socket = self._socket = self._socket or self._open()
        try:
            if not self._wait(socket, zmq.POLLOUT, min(within_s, _CONNECT_WITHIN_S)):
                raise UnreachableError(f'{self._url} is not there')
            socket.send(request, zmq.NOBLOCK)
            if not self._wait(socket, zmq.POLLIN, within_s):
                raise WireError(f'{self._url} did not answer within {within_s:g} s')
            return socket.recv(zmq.NOBLOCK)
        except zmq.ZMQError as error:
            self.close()
            raise UnreachableError(f'{self._url} is gone: {error}') from None
        except WireError:
            self.close()
            raise

    def _wait(self, socket: 'zmq.Socket[bytes]', event: int, within_s: float) -> bool:
        """Return whether the socket can be read or written in time.

        Raises:
            UnreachableError: the server refuses connections, speaks something else, or has ended.
        """
        monitor = socket.get_monitor_socket(_LOST)
        poller = zmq.Poller()
        poller.register(socket, event)
        poller.register(monitor, zmq.POLLIN)
        ready = dict(poller.poll(round(within_s * 1e3)))
        if monitor in ready and socket not in ready:
            raise UnreachableError(f'{self._url} is not there, or speaks no ZMQ')
        return socket in ready

    def _open(self) -> 'zmq.Socket[bytes]':
        socket: zmq.Socket[bytes] = self._context.socket(zmq.REQ)
        socket.setsockopt(zmq.LINGER, 0)  # what nobody waits for is not sent later
        socket.setsockopt(zmq.IMMEDIATE, 1)  # nothing is queued for a server that is not there
        # Another server may have taken the address: who calls looks at it before going on.
        socket.setsockopt(zmq.RECONNECT_IVL, -1)
        socket.setsockopt(zmq.MAXMSGSIZE, self._limits.message_bytes)
        socket.setsockopt(zmq.IPV6, int('[' in self._url))
        socket.get_monitor_socket(_LOST)  # before anything can happen
        try:
            socket.connect(self._url)
        except zmq.ZMQError as error:
            _close(socket)
            raise UnreachableError(f'{self._url} is not there: {error}') from None
        return socket


def _close(socket: 'zmq.Socket[bytes]') -> None:
    monitor = socket.get_monitor_socket(_LOST)
    socket.disable_monitor()  # which leaves its end open
    monitor.close(0)
    socket.close(0)
