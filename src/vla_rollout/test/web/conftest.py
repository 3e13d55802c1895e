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
def errors():
    """Return what the server has reported."""
    return []


@pytest.fixture
def server(view, errors):
    with WebServer(view, 0, errors.append) as server:
        yield server
