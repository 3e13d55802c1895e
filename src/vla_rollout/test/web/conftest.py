from live_motion import CELL, Clock
import pytest
from vla_policy_server.wire.server_settings import ServerSettings
from vla_rollout.episodes.control import EpisodeControl
from vla_rollout.web.desk import OperatorDesk
from vla_rollout.web.live_view import LiveView
from vla_rollout.web.progress import RunProgress
from vla_rollout.web.server import Shown, WebServer


class Button:
    """An emergency stop that only keeps whether it is pressed."""

    is_pressed = False
    presses = 0

    def press(self):
        self.is_pressed = True
        self.presses += 1

    def release(self):
        self.is_pressed = False


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def view(clock):
    return LiveView(CELL, clock)


@pytest.fixture
def control():
    return EpisodeControl()


@pytest.fixture
def progress():
    return RunProgress(5)


@pytest.fixture
def button():
    return Button()


@pytest.fixture
def resets():
    """Return what the filter answers to resets; an error is raised."""
    return []


@pytest.fixture
def desk(control, progress, button, resets):
    def reset():
        answer = resets.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return OperatorDesk(control, progress, button, reset)


@pytest.fixture
def errors():
    """Return what the server has reported."""
    return []


@pytest.fixture
def server(view, desk, errors):
    with WebServer(Shown(view, desk), ServerSettings(port=0), errors.append) as server:
        yield server
