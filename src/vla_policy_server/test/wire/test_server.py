import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import threading
import time
from typing import Any, ClassVar
import urllib.request

import numpy as np
from openpi_client.websocket_client_policy import WebsocketClientPolicy
import pytest
from vla_contract.errors import PolicyError
from vla_policy_server.wire.codec import pack, unpack
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.places import Places
from vla_policy_server.wire.server import WireServer
from vla_policy_server.wire.server_settings import read_token, ServerSettings
from vla_policy_server.wire.structure import LIMITS, WireLimits
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect


class Echo:
    """Answers with what it was sent, and counts for each connection on its own."""

    metadata: ClassVar = {'policy': 'echo'}

    def __init__(self) -> None:
        self.closed = threading.Semaphore(0)

    async def open(self) -> 'EchoSession':
        return EchoSession(self.closed)


class EchoSession:
    def __init__(self, closed: threading.Semaphore) -> None:
        self._closed = closed
        self._count = 0

    async def answer(self, request: dict[str, Any], received_ns: int) -> dict[str, Any]:
        if 'fail' in request:
            raise PolicyError(request['fail'])
        self._count += 1
        return {'actions': request.get('x', np.zeros(1)), 'count': self._count}

    def close(self) -> None:
        self._closed.release()


def test_openpis_own_client_is_served(serve):
    client = WebsocketClientPolicy('127.0.0.1', serve(Echo()).port)
    assert client.get_server_metadata() == {'policy': 'echo'}
    first = client.infer({'x': np.arange(3.0), 'prompt': 'lift'})
    second = client.infer({'x': np.arange(3.0)})
    assert (first['actions'] == np.arange(3.0)).all()
    assert 'prev_total_ms' not in first['server_timing']
    assert second['server_timing']['prev_total_ms'] > 0


def test_openpis_client_sees_a_reason_and_goes_on(serve):
    client = WebsocketClientPolicy('127.0.0.1', serve(Echo()).port)
    with pytest.raises(RuntimeError, match='no arm'):
        client.infer({'fail': 'no arm'})
    assert client.infer({})['count'] == 1


def test_health_is_told_without_a_token(serve):
    server = serve(Echo(), settings=ServerSettings(port=0, token='secret'))
    with urllib.request.urlopen(f'http://127.0.0.1:{server.port}/healthz') as answer:
        assert (answer.status, answer.read()) == (200, b'OK\n')


@pytest.mark.parametrize(
    ('header', 'status'),
    [('Api-Key secret', 101), ('Bearer secret', 101), ('Api-Key wrong', 401),
     ('Basic secret', 401), ('secret', 401), ('Api-Key ', 401), ('Api-Key sécret', 401)],
)  # fmt: skip
def test_only_the_token_opens(serve, header, status):
    server = serve(Echo(), settings=ServerSettings(port=0, token='secret'))
    headers = {'Authorization': header}
    if status == 101:
        with connect(server.url, additional_headers=headers) as client:
            assert unpack(client.recv(), LIMITS) == Echo.metadata
        return
    with pytest.raises(InvalidStatus) as refused:
        connect(server.url, additional_headers=headers)
    assert refused.value.response.status_code == status


def test_openpis_client_can_send_the_token(serve):
    server = serve(Echo(), settings=ServerSettings(port=0, token='secret'))
    assert (
        WebsocketClientPolicy('127.0.0.1', server.port, api_key='secret').infer({})['count'] == 1
    )


def test_a_web_page_cannot_connect(serve):
    with pytest.raises(InvalidStatus):
        connect(serve(Echo()).url, origin='https://example.org')


def test_a_network_without_a_token_is_refused():
    with pytest.raises(WireError, match='no token; allowed: 127.0.0.1, or a token'):
        WireServer(Echo(), ServerSettings(host='0.0.0.0'))
    WireServer(Echo(), ServerSettings(host='0.0.0.0', token='secret'))
    WireServer(Echo(), ServerSettings(host='::1'))


def test_a_client_too_many_is_turned_away_until_one_leaves(serve):
    echo = Echo()
    server = serve(echo, settings=ServerSettings(port=0, max_clients=2))
    with connect(server.url) as first, connect(server.url) as second:
        assert first.recv() == second.recv()
        with pytest.raises(InvalidStatus) as refused:
            connect(server.url)
        assert b'2 clients are connected; allowed: 2' in refused.value.response.body
    assert echo.closed.acquire(timeout=60.0)
    with connect(server.url) as third:
        assert third.recv()


def test_an_oversized_message_ends_the_connection_with_the_reason(serve):
    server = serve(Echo(), limits=WireLimits(message_bytes=1000))
    with connect(server.url) as client:
        client.recv()
        client.send(bytes(2000))
        with pytest.raises(ConnectionClosedError) as closed:
            client.recv()
    assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize('message', ['text', b'', b'\xc1', b'\x91' * 50, pack({'a': 1}) * 2])
def test_garbage_is_answered_with_a_reason_and_the_next_message_counts(serve, message):
    with connect(serve(Echo()).url) as client:
        client.recv()
        client.send(message)
        assert isinstance(client.recv(), str)
        client.send(pack({}))
        assert unpack(client.recv(), LIMITS)['count'] == 1


def test_24_clients_get_their_own_answers(serve):
    port = serve(Echo()).port

    def converse(number: int) -> bool:
        client = WebsocketClientPolicy('127.0.0.1', port)
        replies = [client.infer({'x': np.array([number, k])}) for k in range(20)]
        own = all((r['actions'] == [number, k]).all() for k, r in enumerate(replies))
        return own and [r['count'] for r in replies] == list(range(1, 21))

    with ThreadPoolExecutor(24) as pool:
        assert all(pool.map(converse, range(24)))


def test_a_taken_port_is_one_sentence(serve):
    port = serve(Echo()).port
    server = WireServer(Echo(), ServerSettings(port=port))
    with pytest.raises(WireError, match=f'cannot listen on 127.0.0.1:{port}'):
        asyncio.run(server.run(lambda _: None))


def test_a_token_file_must_hold_a_token(tmp_path):
    path = tmp_path / 'token'
    with pytest.raises(WireError, match='cannot be read'):
        read_token(path)
    path.write_text(' \n')
    with pytest.raises(WireError, match='is empty'):
        read_token(path)
    path.write_text('secret\n')
    assert read_token(path) == 'secret'


@pytest.mark.parametrize('mode', [0o602, 0o620, 0o666])
def test_a_token_file_that_others_can_write_is_refused(tmp_path, mode):
    path = tmp_path / 'token'
    path.write_text('secret')
    path.chmod(mode)
    (tmp_path / 'link').symlink_to(path)
    with pytest.raises(WireError, match=f'found mode {mode:o}; allowed: 600'):
        read_token(tmp_path / 'link')


def test_a_token_file_that_others_can_read_is_warned_of(tmp_path, caplog):
    path = tmp_path / 'token'
    path.write_text('secret')
    path.chmod(0o600)
    assert read_token(path) == 'secret'
    assert not caplog.messages
    path.chmod(0o644)
    assert read_token(path) == 'secret'
    assert 'can be read by other users: found mode 644' in caplog.text


def test_an_open_network_is_warned_of():
    long = 'x' * 16
    assert not ServerSettings(token='a').risks
    assert not ServerSettings('0.0.0.0', token=long, tls_certificate=Path('cert.pem')).risks
    [without_tls] = ServerSettings('0.0.0.0', token=long).risks
    assert 'host 0.0.0.0 without TLS' in without_tls
    assert 'the token has 1 characters' in ServerSettings('10.0.0.1', token='a').risks[1]


class TestFullServer:
    """One place, and two who want it."""

    def test_a_silent_client_loses_its_place(self, serve):
        echo = Echo()
        server = serve(echo, settings=ServerSettings(port=0, max_clients=1, idle_s=0.2))
        with connect(server.url) as silent:
            silent.recv()
            deadline_s = time.monotonic() + 10.0
            while True:  # refused until the other has been silent for long enough
                try:
                    second = connect(server.url)
                    break
                except InvalidStatus:
                    assert time.monotonic() < deadline_s
            with second:
                second.recv()
                second.send(pack({}))
                assert unpack(second.recv(), LIMITS)['count'] == 1
                with pytest.raises(ConnectionClosedError) as closed:
                    silent.recv(timeout=10.0)
                assert closed.value.rcvd.code == 1013
                assert echo.closed.acquire(timeout=10.0)

    def test_a_client_that_waits_for_its_answer_keeps_its_place(self):
        now_s = 0.0
        places = Places(1, 5.0, lambda: now_s)
        places.take('robot')
        places.begin_work('robot')
        now_s = 100.0
        assert places.take_from_idle() is None
        places.end_work('robot')
        now_s = 104.9
        assert places.take_from_idle() is None
        now_s = 105.0
        assert places.take_from_idle() == 'robot'
        assert not places.are_full
        places.end_work('robot')
        assert len(places) == 0
