"""LeRobot's policy server: its own process unchanged, and one whose answers a test chooses."""

from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
import socket
import subprocess
import sys
from typing import Any

import pytest

grpc = pytest.importorskip('grpc')


@contextmanager
def lerobot_server(folder: Path, *options: str, port: int = 0) -> Iterator[str]:
    """Run LeRobot's policy server until the block ends; yield its address.

    Args:
        folder: where it writes its logs.
        options: of its command line.
        port: 0 for a free one.
    """
    port = port or free_port()
    command = [sys.executable, '-m', 'lerobot.async_inference.policy_server', f'--port={port}']
    with (folder / 'server.txt').open('ab') as log:
        server = subprocess.Popen(
            [*command, '--host=127.0.0.1', *options], cwd=folder, stdout=log, stderr=log
        )
        try:
            yield f'grpc://127.0.0.1:{port}'
        finally:
            server.kill()
            server.wait()


@contextmanager
def answering_server(
    answer: Callable[[bytes], bytes], port: int = 0, **methods: Callable[[bytes], bytes]
) -> Iterator[str]:
    """Serve LeRobot's methods with answers of a test; yield the address.

    Args:
        answer: given a message Observation's pickle, returns the pickle that answers it.
        port: 0 for a free one.
        methods: others than Ready and SendPolicyInstructions that say nothing.
    """
    from lerobot.transport import services_pb2, services_pb2_grpc

    class Servicer(services_pb2_grpc.AsyncInferenceServicer):
        def __init__(self) -> None:
            self.seen = b''

        def Ready(self, request: Any, context: Any) -> Any:  # noqa: N802
            methods.get('ready', bytes)(b'')
            return services_pb2.Empty()

        def SendPolicyInstructions(self, request: Any, context: Any) -> Any:  # noqa: N802
            methods.get('instructions', bytes)(request.data)
            return services_pb2.Empty()

        def SendObservations(self, request_iterator: Any, context: Any) -> Any:  # noqa: N802
            self.seen = b''.join(part.data for part in request_iterator)
            return services_pb2.Empty()

        def GetActions(self, request: Any, context: Any) -> Any:  # noqa: N802
            return services_pb2.Actions(data=answer(self.seen))

    server = grpc.server(futures.ThreadPoolExecutor(4))
    services_pb2_grpc.add_AsyncInferenceServicer_to_server(Servicer(), server)
    port = server.add_insecure_port(f'127.0.0.1:{port}')
    server.start()
    try:
        yield f'grpc://127.0.0.1:{port}'
    finally:
        server.stop(None).wait()


def free_port() -> int:
    """Return a port of loopback that nothing uses."""
    with socket.create_server(('127.0.0.1', 0)) as found:
        return int(found.getsockname()[1])
