import socket
import threading
from typing import Any, ClassVar

import numpy as np
import pytest
from vla_contract.errors import PolicyError
from vla_policy_server.wire.backoff import Backoff
from vla_policy_server.wire.client import WireClient
from vla_policy_server.wire.codec import pack
from vla_policy_server.wire.endpoint import Endpoint
from vla_policy_server.wire.errors import MessageRefusedError, UnreachableError, WireError
from vla_policy_server.wire.server_settings import ServerSettings
from websockets.sync.server import serve as serve_sync


class Doubler:
    """Answers with twice what it was sent."""

    metadata: ClassVar = {'policy': 'doubler'}

    async def open(self) -> 'Doubler':
        return self

    async def answer(self, request: dict[str, Any], received_ns: int) -> dict[str, Any]:
        if 'x' not in request:
            raise PolicyError('x is missing')
        return {'actions': 2 * request['x']}

    def close(self) -> None:
        pass


def accept(metadata: dict[str, Any]) -> None:
    pass


def client(url: str, **options: Any) -> WireClient:
    return WireClient(Endpoint(url, **options), accept)


@pytest.fixture
def free_port() -> int:
    with socket.create_server(('127.0.0.1', 0)) as found:
        return int(found.getsockname()[1])


def test_a_question_gets_its_answer_and_its_times(serve):
    asked = client(serve(Doubler()).url)
    answer = asked.ask({'x': np.arange(3.0)})
    assert (answer.content['actions'] == [0, 2, 4]).all()
    assert answer.sent_ns < answer.answered_ns
    assert asked.metadata == {'policy': 'doubler'}


def test_a_refusal_is_a_sentence_and_the_connection_goes_on(serve):
    asked = client(serve(Doubler()).url)
    with pytest.raises(MessageRefusedError, match='refused: x is missing'):
        asked.ask({})
    assert asked.ask({'x': np.ones(1)}).content['actions'] == 2


def test_no_server_is_one_sentence_and_the_next_attempt_waits(free_port):
    asked = client(f'ws://127.0.0.1:{free_port}')
    with pytest.raises(UnreachableError, match='is not there'):
        asked.ask({})
    with pytest.raises(UnreachableError, match=r'next attempt in 0\.[01] s'):
        asked.ask({})


@pytest.mark.parametrize('says', [b'', b'SSH-2.0-OpenSSH_9.6\r\n'])
def test_a_port_of_something_else_is_told_from_none(says):
    done = threading.Event()
    with socket.create_server(('127.0.0.1', 0)) as other:

        def greet() -> None:
            connection, _ = other.accept()
            with connection:
                connection.sendall(says)
                done.wait(5.0)

        thread = threading.Thread(target=greet)
        thread.start()
        asked = client(f'ws://127.0.0.1:{other.getsockname()[1]}', answer_within_s=0.2)
        with pytest.raises(UnreachableError, match='something listens there that speaks no webs'):
            asked.ask({})
        done.set()
        thread.join()


def test_connect_waits_for_a_server_that_is_still_starting(serve, free_port):
    late = threading.Timer(0.2, lambda: serve(Doubler(), settings=ServerSettings(port=free_port)))
    late.start()
    asked = client(f'ws://127.0.0.1:{free_port}')
    asked.connect(10.0)
    late.join()
    assert asked.ask({'x': np.ones(1)}).content['actions'] == 2


def test_connect_gives_up_after_its_time(free_port):
    with pytest.raises(UnreachableError):
        client(f'ws://127.0.0.1:{free_port}').connect(0.05)


def test_a_server_that_restarted_is_found_again(serve, free_port):
    settings = ServerSettings(port=free_port)
    first = serve(Doubler(), settings=settings)
    asked = client(first.url)
    asked.connect(1.0)
    first.stop()
    with pytest.raises(UnreachableError, match='is gone'):
        asked.ask({'x': np.ones(1)})
    serve(Doubler(), settings=settings)
    asked.connect(10.0)
    assert asked.ask({'x': np.ones(1)}).content['actions'] == 2


def test_an_answer_that_comes_late_is_never_taken_for_the_next_one():
    release = threading.Event()

    def answer_late(connection: Any) -> None:
        connection.send(pack({}))
        for number, _ in enumerate(connection):
            if not release.is_set():
                release.wait(5.0)
            connection.send(pack({'late': True, 'number': number}))

    with serve_sync(answer_late, '127.0.0.1', 0) as server:
        threading.Thread(target=server.serve_forever).start()
        asked = client(f'ws://127.0.0.1:{server.socket.getsockname()[1]}', answer_within_s=0.2)
        with pytest.raises(WireError, match=r'did not answer within 0\.2 s'):
            asked.ask({'number': 0})
        release.set()
        asked.connect(5.0)
        assert asked.ask({'number': 1}).content['number'] == 0  # first of a new connection
        server.shutdown()


def test_an_answer_that_comes_twice_is_never_taken_for_the_next_one():
    def answer_twice(connection: Any) -> None:
        connection.send(pack({}))
        for number, _ in enumerate(connection):
            connection.send(pack({'number': number}))
            connection.send(pack({'number': number}))

    with serve_sync(answer_twice, '127.0.0.1', 0) as server:
        threading.Thread(target=server.serve_forever).start()
        asked = client(f'ws://127.0.0.1:{server.socket.getsockname()[1]}')
        assert asked.ask({}).content['number'] == 0
        with pytest.raises(WireError, match='sent a message that nobody asked for'):
            _ask_until_it_is_there(asked)
        assert asked.ask({}).content['number'] == 0  # first of a new connection
        server.shutdown()


def _ask_until_it_is_there(asked: WireClient) -> None:
    """Ask; the second answer may still be on its way, and is then found by the next question."""
    for _ in range(100):
        asked.ask({})


def test_a_server_that_stops_reading_does_not_block_the_robot():
    quiet = threading.Event()

    def read_nothing(connection: Any) -> None:
        connection.send(pack({}))
        quiet.wait(10.0)

    with serve_sync(read_nothing, '127.0.0.1', 0, max_queue=1) as server:
        threading.Thread(target=server.serve_forever).start()
        asked = client(f'ws://127.0.0.1:{server.socket.getsockname()[1]}', answer_within_s=0.3)
        asked.connect(5.0)
        with pytest.raises(WireError):
            asked.ask({'x': np.zeros(14 * 2**20, np.uint8)})
        quiet.set()
        server.shutdown()


def test_a_server_that_must_not_be_used_is_refused_at_once(serve):
    def refuse(metadata: dict[str, Any]) -> None:
        raise PolicyError(f'{metadata["policy"]} is not for this robot')

    with pytest.raises(PolicyError, match='doubler is not for this robot'):
        WireClient(Endpoint(serve(Doubler()).url), refuse).connect(10.0)


@pytest.mark.parametrize(
    'url', ['http://127.0.0.1:1', 'ws://', 'nonsense', 'ws://127.0.0.1:99999', 'ws://[::1']
)
def test_an_address_that_is_none_is_one_sentence(url):
    with pytest.raises(WireError, match='allowed: ws://host:port or wss://host:port'):
        client(url).connect(10.0)


def test_a_wrong_token_is_refused_at_once(serve):
    server = serve(Doubler(), settings=ServerSettings(port=0, token='right'))
    with pytest.raises(WireError, match='refused the connection: send the token'):
        client(server.url, token='wrong').connect(10.0)
    assert client(server.url, token='right').ask({'x': np.ones(1)})


@pytest.fixture(scope='module')
def certificate(tmp_path_factory) -> tuple[Any, Any]:
    """Return a self-signed certificate for loopback, and its key."""
    import datetime
    import ipaddress

    x509 = pytest.importorskip('cryptography.x509')
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'worker')])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address('127.0.0.1'))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp('tls')
    (folder / 'cert.pem').write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / 'key.pem').write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / 'cert.pem', folder / 'key.pem'


def test_tls_is_spoken_and_checked(serve, certificate):
    chain, key = certificate
    settings = ServerSettings(port=0, tls_certificate=chain, tls_key=key)
    url = f'wss://127.0.0.1:{serve(Doubler(), settings=settings).port}'
    assert client(url, tls_ca=chain).ask({'x': np.ones(1)}).content['actions'] == 2
    with pytest.raises(WireError, match='its certificate is not trusted'):
        client(url).connect(10.0)


def test_a_certificate_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(WireError, match='certificate .*none.pem cannot be used'):
        ServerSettings(tls_certificate=tmp_path / 'none.pem').tls_context()
    with pytest.raises(WireError, match='certificate .*none.pem cannot be used'):
        client('wss://127.0.0.1:1', tls_ca=tmp_path / 'none.pem').connect(10.0)


def test_pauses_double_up_to_the_longest_and_start_over():
    backoff = Backoff(first_s=0.1, longest_s=1.0)
    pauses = []
    for _ in range(6):
        backoff.failed(0.0)
        pauses.append(backoff.not_before_s)
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])
    backoff.succeeded()
    assert backoff.not_before_s < 0.0
    backoff.failed(5.0)
    assert backoff.not_before_s == pytest.approx(5.1)
