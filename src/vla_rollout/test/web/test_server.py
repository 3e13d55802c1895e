import http.client
import json
import re
import threading
import urllib.error
import urllib.request

from live_motion import CELL, cycle, show_motion
import pytest
from vla_contract.errors import VlaError
from vla_rollout.web.server import WebServer


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


def test_it_listens_on_this_machine_only_and_says_when_the_port_is_taken(server, view):
    assert server.url.startswith('http://127.0.0.1:')
    port = int(server.url.split(':')[2].strip('/'))
    with pytest.raises(VlaError, match=f'no page on port {port}: Address already in use'):
        WebServer(view, port, print)


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


def test_a_server_that_can_serve_no_more_says_so(view):
    reasons, said = [], threading.Event()
    server = WebServer(view, 0, lambda reason: (reasons.append(reason), said.set()))

    def service_actions():
        raise OSError('bad socket')

    server._server.service_actions = service_actions
    with server:
        assert said.wait(60)
    assert reasons == ['the page is served no more: OSError: bad socket']
