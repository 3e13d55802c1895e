from live_motion import CELL, Clock
import pytest
from vla_rollout.web.live_view import LiveView
from vla_rollout.web.server import WebServer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def view(clock):
    return LiveView(CELL, clock)


@pytest.fixture
def server(view):
    with WebServer(view, 0) as server:
        yield server
