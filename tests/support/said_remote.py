"""A policy on another machine, as far as a robot sees it: what it says that it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import threading
from typing import Any

import numpy as np
from openpi_client import msgpack_numpy
from vla_contract.deployment.deployment import load_deployment
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_policy_server.wire.handshake import read_identity, ServedIdentity
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

HOME = load_deployment().cell.home


@contextmanager
def remote_that_says(sha256: str, port: int = 0) -> Iterator[int]:
    """Serve a policy that stays where it is, and says that it has a hash; '' says nothing."""
    metadata = {'identity': {'sha256': sha256}} if sha256 else {}
    actions = np.tile(HOME, (16, 1))

    def handle(connection: Any) -> None:
        packer = msgpack_numpy.Packer()
        connection.send(packer.pack(metadata))
        try:
            while True:
                connection.recv()
                connection.send(packer.pack({'actions': actions}))
        except ConnectionClosed:
            pass

    with serve(handle, '127.0.0.1', port, compression=None, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
        thread.join(60.0)


def remote_identity(url: str, sha256: str) -> PolicyIdentity:
    """Return what a policy behind a URL is, of which the server said the hash."""
    deployment = load_deployment(backend='remote', source=url)
    connected: Any = _Connected(read_identity({'identity': {'sha256': sha256}}))
    return identity_of(deployment, connected)


@dataclass
class _Connected:
    identity: ServedIdentity | None
