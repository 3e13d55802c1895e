"""Calls to a LeRobot policy server over gRPC, each with a deadline."""

from collections.abc import Iterator
from functools import partial
from importlib import import_module
import re
from threading import Timer
from typing import Any

from vla_contract.errors import PolicyError
from vla_policy_server.wire.errors import MessageRefusedError, UnreachableError, WireError

_URL = re.compile(r'grpc://([^\s/:]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})')
_SERVICE = '/transport.AsyncInference/'
_ANSWER_BYTES = 16 * 2**20
"""Largest answer. A step carries the whole chunk: 300 kB for 100 steps of 6 joints, 3 MB for 14
joints and 200 steps; LeRobot's own client takes 4 MiB."""
# A thread of gRPC looks every 0.2 s whether a connection is followed, and fails on a closed one.
_UNFOLLOWED_S = 1.0
_RAISED = 'Exception calling application: '


class LeRobotConnection:
    """One server's end of gRPC."""

    def __init__(self, url: str) -> None:
        """Prepare; nothing is sent yet.

        Args:
            url: grpc://host:port.

        Raises:
            PolicyError: gRPC is not installed.
            WireError: the address is none.
        """
        match = _URL.fullmatch(url)
        if match is None or not 0 < int(match[2]) < 65536:
            raise WireError(f'{url} is no address; allowed: grpc://host:port')
        try:
            self._grpc: Any = import_module('grpc')  # which has no types
        except ImportError as error:
            raise PolicyError(f'{url} needs gRPC (pip install grpcio): {error}') from None
        self._url, self._target = url, f'{match[1]}:{match[2]}'
        self._channel: Any = None
        self._is_lost = False

    @property
    def is_open(self) -> bool:
        """Whether the connection is still the one that was opened."""
        return self._channel is not None and not self._is_lost

    def open(self) -> None:
        """Begin anew; the first call connects."""
        self.close()
        grpc = self._grpc
        options = [
            ('grpc.max_receive_message_length', _ANSWER_BYTES),
            ('grpc.enable_retries', 0),
            ('grpc.enable_http_proxy', 0),  # images go to the server directly
            ('grpc.use_local_subchannel_pool', 1),  # or a new one waits as long as the old one
        ]
        channel = grpc.insecure_channel(self._target, options)
        self._channel, self._is_lost = channel, False
        ready, has_been = grpc.ChannelConnectivity.READY, []

        def follow(state: Any) -> None:
            if state is ready:
                has_been.append(state)
            elif has_been and channel is self._channel:
                self._is_lost = True  # gRPC would connect again, to a server that knows nothing

        channel.subscribe(follow)
        self._unfollow = partial(channel.unsubscribe, follow)

    def call(self, method: str, request: bytes, within_s: float) -> bytes:
        """Return what a method answers.

        Raises:
            MessageRefusedError: the server raised an error.
            UnreachableError: there is no server, or it speaks something else.
            WireError: the answer did not come in time, or is too large.
        """
        return self._call(self._channel.unary_unary, method, request, within_s)

    def stream(self, method: str, requests: Iterator[bytes], within_s: float) -> bytes:
        """Return what a method answers to messages; raises as `call`."""
        return self._call(self._channel.stream_unary, method, requests, within_s)

    def close(self) -> None:
        """Drop the connection."""
        channel, self._channel = self._channel, None
        if channel is not None:
            self._unfollow()
            end = Timer(_UNFOLLOWED_S, channel.close)
            end.daemon = True
            end.start()

    def _call(self, kind: Any, method: str, request: Any, within_s: float) -> bytes:
        # Without serialisers gRPC passes bytes through.
        try:
            answer: bytes = kind(_SERVICE + method)(request, timeout=within_s)
        except self._grpc.RpcError as error:
            raise self._reason(error, method, within_s) from None
        return answer

    def _reason(self, error: Any, method: str, within_s: float) -> WireError:
        codes, code = self._grpc.StatusCode, error.code()
        said = ' '.join((error.details() or 'without a reason').split())
        if code is codes.DEADLINE_EXCEEDED:
            return WireError(f'{self._url} did not answer within {within_s:g} s')
        if code is codes.UNAVAILABLE:
            return UnreachableError(f'{self._url} is not there: {said:.200}')
        if code is codes.UNIMPLEMENTED:
            return WireError(f'{self._url} is no policy server of LeRobot: {said:.200}')
        if code is codes.UNKNOWN and said.startswith(_RAISED):
            said = said.removeprefix(_RAISED)
            return MessageRefusedError(f'{self._url} refused {method}: {said:.500}')
        return WireError(f'{self._url} failed {method}: {code.name}: {said:.200}')
