import http.client
import json
import re
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

from live_motion import CELL, cycle, show_motion
import pytest
from vla_contract.errors import VlaError
from vla_policy_server.wire.server_settings import ServerSettings
from vla_rollout.episodes.control import Phase
from vla_rollout.web.server import Shown, WebServer
from vla_rollout.web.streams import MOST, Streams


def read(server, path):
    with urllib.request.urlopen(server.url + path, timeout=60) as answer:
        return answer.headers, answer.read().decode()


def events(server, count):
    """Return the first events of the stream: (name, values)."""
    found = []
    with urllib.request.urlopen(server.url + 'events', timeout=60) as stream:
        assert stream.headers['Content-Type'] == 'text/event-stream'
        while len(found) < count:
            name = stream.readline().decode().removeprefix('event: ').strip()
            values = json.loads(stream.readline().decode().removeprefix('data: '))
            assert stream.readline() == b'\n'
            found.append((name, values))
    return found


def test_the_page_and_what_it_loads_come_from_here_alone(server):
    headers, page = read(server, '')
    assert headers['Content-Security-Policy'].startswith("default-src 'self'")
    for path in re.findall(r'(?:href|src)="([^"]+)"', page):
        assert path == 'data:,' or read(server, path)[1]
    assert '//' not in page


def test_the_stream_says_what_there_is_and_then_how_it_stands(server, view):
    show_motion(view)
    (first, about), (second, state) = events(server, 2)
    assert (first, second) == ('about', 'state')
    assert [joint['name'] for joint in about['joints']] == list(CELL.joint_names)
    assert state['cycle']['verdict'] == 'clamp'


def test_every_browser_has_a_stream_of_its_own_and_one_that_leaves_disturbs_nobody(server, view):
    view.see_cycle(cycle(1))
    assert [len(events(server, count)) for count in (2, 3, 2)] == [2, 3, 2]


def test_other_names_of_this_machine_are_refused(server):
    connection = http.client.HTTPConnection(server.url.split('/')[2], timeout=60)
    connection.request('GET', '/events', headers={'Host': 'evil.example:80'})
    assert connection.getresponse().status == 403
    connection.close()


def test_there_are_no_other_files(server):
    with pytest.raises(urllib.error.HTTPError, match='404'):
        read(server, '../server.py')


def test_it_listens_on_this_machine_only_and_says_when_the_port_is_taken(server, view, desk):
    assert server.url.startswith('http://127.0.0.1:')
    port = int(server.url.split(':')[2].strip('/'))
    with pytest.raises(
        VlaError, match=f'no page on port {port} of 127.0.0.1: Address already in use'
    ):
        WebServer(Shown(view, desk), ServerSettings(port=port), print)


def test_what_ends_the_stream_of_a_browser_is_reported(server, view, errors):
    def state():
        raise ValueError('no such state')

    view.state = state
    with urllib.request.urlopen(server.url + 'events', timeout=60) as stream:
        stream.read()
    assert errors == ['a browser was not answered: ValueError: no such state']
    assert read(server, '')[1]


@pytest.mark.parametrize('left', [BrokenPipeError, ConnectionResetError])
def test_a_browser_that_leaves_is_no_error(server, errors, left):
    try:
        raise left
    except OSError:
        server._server.handle_error(None, None)
    assert errors == []


def test_a_server_that_can_serve_no_more_says_so(view, desk):
    reasons, said = [], threading.Event()
    server = WebServer(
        Shown(view, desk),
        ServerSettings(port=0),
        lambda reason: (reasons.append(reason), said.set()),
    )

    def service_actions():
        raise OSError('bad socket')

    server._server.service_actions = service_actions
    with server:
        assert said.wait(60)
    assert reasons == ['the page is served no more: OSError: bad socket']


def post(server, path, **headers):
    """Return status and what was said."""
    address = server.url.split('/')[2]
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request('POST', path, '{}', {'Content-Type': 'application/json', **headers})
    answer = connection.getresponse()
    said = json.loads(answer.read())['said']
    connection.close()
    return answer.status, said


def test_buttons_are_pressed_by_post(server, control, button):
    assert post(server, '/press/start') == (
        409,
        "the episode is busy: found order 'start'; allowed: stop",
    )
    control.enter(Phase.READY)
    assert post(server, '/press/start') == (200, 'start')
    assert post(server, '/press/e_stop')[0] == 200
    assert button.is_pressed
    assert post(server, '/press/nothing')[0] == 404
    assert post(server, '/other')[0] == 404


@pytest.mark.parametrize(
    ('headers', 'status'),
    [
        ({'Origin': 'http://evil.example'}, 403),
        ({'Host': 'evil.example:80'}, 403),
        ({'Content-Type': 'text/plain'}, 415),
        ({'Content-Length': '2000'}, 404),
        ({'Content-Length': '-1'}, 404),
        ({'Content-Length': 'many'}, 404),
    ],
)
def test_what_may_not_press_a_button_presses_none(server, button, headers, status):
    assert post(server, '/press/e_stop', **headers)[0] == status
    assert not button.is_pressed


def test_looking_at_the_address_of_a_button_presses_none(server, button):
    with pytest.raises(urllib.error.HTTPError, match='404'):
        read(server, 'press/e_stop')
    assert not button.is_pressed


def test_every_browser_is_shown_how_the_run_ended(view, desk, progress):
    server = WebServer(Shown(view, desk), ServerSettings(port=0), print)
    with server, urllib.request.urlopen(server.url + 'events', timeout=60) as stream:
        progress.finish('finished: 5 of 5')
        ended = threading.Thread(target=server._streams.close, args=(60.0,))
        ended.start()
        text = stream.read().decode()
        ended.join()
    last = json.loads(text.rstrip().rpartition('data: ')[2])
    assert last['desk']['finished'] == 'finished: 5 of 5'


def test_only_so_many_browsers_are_streamed_to():
    streams = Streams()
    places = [streams.one() for _ in range(MOST + 1)]
    assert [place.__enter__() for place in places] == [True] * MOST + [False]
    places[-1].__exit__(None, None, None)
    places[0].__exit__(None, None, None)
    with streams.one() as is_place:
        assert is_place


@pytest.fixture
def certificate(tmp_path):
    """Return a certificate for this machine and its key, made on the spot."""
    paths = tmp_path / 'certificate.pem', tmp_path / 'key.pem'
    make = ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1']
    where = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    try:
        subprocess.run(
            [*make, *where, '-out', paths[0], '-keyout', paths[1]], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip('no openssl on PATH to make a certificate')
    return paths


def test_over_a_network_it_takes_tls_and_the_token(view, desk, errors, certificate, button):
    settings = ServerSettings('0.0.0.0', 0, 'a+secret', *certificate)
    trust = ssl.create_default_context(cafile=certificate[0])
    jar = urllib.request.HTTPCookieProcessor()
    browser = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust), jar)
    with WebServer(Shown(view, desk), settings, errors.append) as server:
        assert server.url.startswith('https://0.0.0.0:')
        url = server.url.replace('0.0.0.0', 'localhost')
        with pytest.raises(urllib.error.HTTPError, match='401'):
            browser.open(url)
        with pytest.raises(urllib.error.HTTPError, match='401'):
            browser.open(url + '?token=guess')
        # Who does not speak TLS keeps nobody waiting.
        silent = socket.create_connection(('127.0.0.1', int(url.split(':')[2].strip('/'))))
        with browser.open(url + '?token=a%2Bsecret') as answer:
            assert 'E-STOP' in answer.read().decode()
            assert answer.url == url
        request = urllib.request.Request(
            url + 'press/e_stop', b'{}', {'Content-Type': 'application/json'}
        )
        with browser.open(request) as answer:
            assert answer.status == 200
        silent.close()
    assert button.is_pressed
    (cookie,) = jar.cookiejar
    assert cookie.secure
    assert cookie.has_nonstandard_attr('HttpOnly')
    assert errors == []
