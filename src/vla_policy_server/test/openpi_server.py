"""Servers that greet and answer as openpi's and RoboArena's own do, with answers of a test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import threading
import time
import traceback
from typing import Any

from openpi_client import msgpack_numpy
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.sync.server import serve as serve_sync


@contextmanager
def openpi_server(
    policy: Any, metadata: dict[str, Any] | Callable[[], dict[str, Any]]
) -> Iterator[str]:
    """Serve as openpi's serve_policy.py does: see openpi/serving/websocket_policy_server.py.

    Args:
        policy: returns the answer to an observation.
        metadata: what each connection is told.
    """

    def answer(message: dict[str, Any]) -> dict[str, Any]:
        started = time.monotonic()
        found: dict[str, Any] = policy(message)
        found['server_timing'] = {'infer_ms': (time.monotonic() - started) * 1000}
        return found

    with _served(answer, metadata) as url:
        yield url


@contextmanager
def arena_server(infer: Any, reset: Any, config: dict[str, Any]) -> Iterator[str]:
    """Serve as roboarena/policy_server.py does.

    Args:
        infer: returns the answer to an observation.
        reset: called with what is left of a message to the endpoint reset.
        config: PolicyServerConfig as a map.
    """

    def answer(message: dict[str, Any]) -> Any:
        endpoint = message.pop('endpoint')
        if endpoint != 'reset':
            return infer(message)
        reset(message)
        return 'reset successful'

    with _served(answer, config) as url:
        yield url


@contextmanager
def _served(
    answer: Callable[[dict[str, Any]], Any], metadata: dict[str, Any] | Callable[[], Any]
) -> Iterator[str]:
    """Greet each connection and answer its messages; a text is sent as it is."""

    def handle(connection: Any) -> None:
        packer = msgpack_numpy.Packer()
        connection.send(packer.pack(metadata() if callable(metadata) else metadata))
        while True:
            try:
                found = answer(msgpack_numpy.unpackb(connection.recv()))
                connection.send(found if isinstance(found, str) else packer.pack(found))
            except ConnectionClosed:
                return
            except Exception:  # noqa: BLE001 - as both do
                connection.send(traceback.format_exc())
                connection.close(CloseCode.INTERNAL_ERROR, 'Internal server error.')
                return

    with serve_sync(handle, '127.0.0.1', 0, compression=None, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f'ws://127.0.0.1:{server.socket.getsockname()[1]}'
        server.shutdown()
        thread.join()
