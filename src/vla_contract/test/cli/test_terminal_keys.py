"""A child process reads keys from a pseudo terminal; the terminal must be as it was afterwards."""

from collections.abc import Iterator
import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios

import pytest
from vla_contract.cli.terminal_keys import TerminalKeys

CHILD = """
import signal, sys, threading
from vla_contract.cli.terminal_keys import TerminalKeys

def interrupt(number, frame):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, interrupt)
pressed = threading.Event()

def on_key(key):
    print(f'got {key}', flush=True)
    pressed.set()

with TerminalKeys(on_key) as keys:
    print('active' if keys.is_active else 'inactive', flush=True)
    if keys.is_active:
        pressed.wait(60.0)
    HOW
"""


class Terminal:
    """A pseudo terminal of its own for a child process."""

    def __init__(self) -> None:
        self.here, self.there = pty.openpty()
        self.said = ''

    def run(self, how: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, '-c', CHILD.replace('HOW', how)],
            stdin=self.there,
            stdout=self.there,
            stderr=self.there,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def read_until(self, text: str) -> None:
        while text not in self.said:
            ready, _, _ = select.select([self.here], [], [], 60.0)
            assert ready, f'waited for {text!r}, read {self.said!r}'
            self.said += os.read(self.here, 1024).decode()

    def modes(self) -> list:
        return termios.tcgetattr(self.there)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    os.close(terminal.here)
    os.close(terminal.there)


@pytest.mark.parametrize(
    ('how', 'status'),
    [
        ('pass', 0),
        ('sys.exit(3)', 3),
        ('raise ValueError', 1),
        ('threading.Event().wait(60.0)', None),
    ],
    ids=['return', 'exit', 'exception', 'ctrl-c'],
)
def test_a_key_arrives_without_enter_and_the_terminal_is_given_back(terminal, how, status):
    before = terminal.modes()
    child = terminal.run(how)
    terminal.read_until('active')
    assert not terminal.modes()[3] & (termios.ICANON | termios.ECHO)
    os.write(terminal.here, b's')
    terminal.read_until('got s')
    if status is None:
        os.write(terminal.here, b'\x03')
        assert child.wait(60.0) != 0
    else:
        assert child.wait(60.0) == status
    assert terminal.modes() == before


def test_a_terminated_process_gives_the_terminal_back(terminal):
    before = terminal.modes()
    child = terminal.run('threading.Event().wait(60.0)')
    terminal.read_until('active')
    child.send_signal(signal.SIGTERM)
    assert child.wait(60.0) != 0
    assert terminal.modes() == before


def test_without_a_terminal_there_are_no_keys(monkeypatch):
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, 'stdin', nothing)
        with TerminalKeys(lambda key: None) as keys:
            assert not keys.is_active
