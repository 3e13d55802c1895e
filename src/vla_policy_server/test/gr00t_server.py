"""A GR00T server as its clients meet it: the wire of gr00t/policy/server_client.py, written anew.

Arrays pass through `np.save` and `np.load` themselves, so that it judges what we write by hand.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import io
import json
import threading
from typing import Any

import msgpack
import numpy as np
import zmq

Endpoints = dict[str, Callable[..., Any]]
ENDS = object()
"""An answer after which the server is gone."""


class Config(dict[str, Any]):
    """The configuration of a modality; `is_text` as N1.5 writes it."""

    def __init__(self, keys: list[str], steps: list[int], **more: Any) -> None:
        self.is_text = more.pop('is_text', False)
        super().__init__(delta_indices=steps, modality_keys=keys, **more)


def to_bytes(message: Any) -> bytes:
    """Pack as their MsgSerializer."""

    def default(value: Any) -> Any:
        stream = io.BytesIO()
        np.save(stream, value, allow_pickle=False)
        return {'__ndarray_class__': True, 'as_npy': stream.getvalue()}

    return bytes(msgpack.packb(_with_configs(message), default=default))


def from_bytes(data: bytes) -> Any:
    """Unpack as their MsgSerializer."""

    def hook(value: dict[str, Any]) -> Any:
        if '__ndarray_class__' in value:
            return np.load(io.BytesIO(value['as_npy']), allow_pickle=False)
        return value

    return msgpack.unpackb(data, object_hook=hook)


def _with_configs(message: Any) -> Any:
    if isinstance(message, Config):
        said = json.dumps(message) if message.is_text else dict(message)
        return {'__ModalityConfig_class__': True, 'as_json': said}
    if isinstance(message, dict):
        return {key: _with_configs(value) for key, value in message.items()}
    return message


@contextmanager
def gr00t_server(
    endpoints: Endpoints, is_flat: bool = False, token: str = '', port: int = 0
) -> Iterator[str]:
    """Serve until the block ends; yield the address.

    Args:
        endpoints: by name; those in `_BARE` take nothing, the others their data: by name, or
            where `is_flat` as one map. An answer of bytes is sent as it is; `ENDS` ends the
            server instead.
        is_flat: whether it is a server of N1.5.
        token: what requests must carry; '' for none.
        port: 0 for a free one.
    """
    context = zmq.Context()
    socket = context.socket(zmq.REP)
    socket.setsockopt(zmq.LINGER, 0)
    socket.bind(f'tcp://127.0.0.1:{port or "*"}')
    end = threading.Event()
    known = {'ping': lambda: {'status': 'ok', 'message': 'Server is running'}, **endpoints}

    def answer(request: dict[str, Any]) -> Any:
        name = request.get('endpoint', 'get_action')
        if name not in known:
            raise ValueError(f'Unknown endpoint: {name}')
        if name in _BARE:
            return known[name]()
        data = request.get('data', {})
        return known[name](data) if is_flat else known[name](**data)

    def serve() -> None:
        while not end.is_set():
            if not socket.poll(20):
                continue
            request = from_bytes(socket.recv())
            try:
                if token and request.get('api_token') != token:
                    found: Any = {'error': 'Unauthorized: Invalid API token'}
                else:
                    found = answer(request)
            except Exception as error:  # noqa: BLE001 - as theirs
                found = {'error': str(error)}
            if found is ENDS:
                return
            socket.send(found if isinstance(found, bytes) else to_bytes(found))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield socket.getsockopt_string(zmq.LAST_ENDPOINT)
    finally:
        end.set()
        thread.join()
        socket.close()
        context.term()


_BARE = ('ping', 'get_modality_config', 'get_identity')
