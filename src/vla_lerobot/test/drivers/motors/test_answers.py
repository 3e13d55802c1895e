"""How long a port waits for answers, and which it drops, on a port without a wire."""

import pytest
from vla_lerobot.drivers.motors import answers
from vla_lerobot.drivers.motors.answers import Answers


class Port:
    """A port handler of the SDK that notes in which order it is used."""

    packet_timeout = 0.0

    def __init__(self) -> None:
        self.done: list[str] = []
        self.ser = self
        self.is_late = False

    def clearPort(self) -> None:  # noqa: N802 - as the SDK calls it
        self.done.append('sent')

    def reset_input_buffer(self) -> None:
        self.done.append('dropped')

    def setPacketTimeout(self, length: int) -> None:  # noqa: N802 - as the SDK calls it
        self.packet_timeout = 50.0 + length

    def isPacketTimeout(self) -> bool:  # noqa: N802 - as the SDK calls it
        return self.is_late


@pytest.fixture
def port(monkeypatch):
    port = Port()
    monkeypatch.setattr(answers.time, 'sleep', lambda s: port.done.append(f'{1e3 * s:.0f} ms'))
    return port


def test_what_came_too_late_is_dropped_before_each_question(port):
    Answers(port)
    port.clearPort()
    assert port.done == ['sent', 'dropped']


def test_after_a_question_that_was_given_up_its_answer_may_still_come_and_is_dropped(port):
    Answers(port)
    port.is_late = True
    assert port.isPacketTimeout()
    port.clearPort()
    assert port.done == ['sent', '20 ms', 'dropped']
    port.is_late = False
    assert not port.isPacketTimeout()
    port.clearPort()
    assert port.done[3:] == ['sent', 'dropped']


def test_it_waits_as_much_longer_as_it_is_told(port):
    own = Answers(port)
    port.setPacketTimeout(6)
    assert port.packet_timeout == 56.0
    own.more_ms = 1000.0
    port.setPacketTimeout(6)
    assert port.packet_timeout == 1056.0
