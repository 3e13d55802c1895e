import asyncio
from collections.abc import Callable, Iterator
import threading
from typing import Any

import pytest
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_policy_server.wire.server import WireServer, WireService
from vla_policy_server.wire.server_settings import ServerSettings


@pytest.fixture(scope='session')
def deployment() -> Deployment:
    return load_deployment()


@pytest.fixture(scope='session')
def cell(deployment: Deployment) -> Cell:
    return deployment.cell


class ServerThread:
    """A server on a free port of loopback, in a thread with its own event loop."""

    def __init__(self, service: WireService, **options: Any) -> None:
        self._started = threading.Event()
        self.settings = options.pop('settings', ServerSettings(port=0))
        self._server = WireServer(service, self.settings, **options)
        self.port = 0
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),))
        self._thread.start()
        assert self._started.wait(60.0)

    @property
    def url(self) -> str:
        return f'ws://127.0.0.1:{self.port}'

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._serving = asyncio.ensure_future(self._server.run(self._on_listening))
        try:
            await self._serving
        except asyncio.CancelledError:
            pass
        finally:
            self._started.set()

    def _on_listening(self, port: int) -> None:
        self.port = port
        self._started.set()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[..., ServerThread]]:
    """Return a function that serves a service until the test ends."""
    servers: list[ServerThread] = []

    def start(service: WireService, **options: Any) -> ServerThread:
        servers.append(ServerThread(service, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
