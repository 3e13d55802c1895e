import io
import sys

import pytest
from vla_contract.check import Check, Status
from vla_contract.cli.command import run_command
from vla_contract.cli.terminal import announce, Colour, painted, print_check, print_error
from vla_contract.errors import VlaError


class Stream(io.StringIO):
    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ('NO_COLOR', 'FORCE_COLOR', 'TERM'):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ('is_terminal', 'environment', 'is_coloured'),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {'NO_COLOR': '1'}, False),
        (True, {'NO_COLOR': ''}, True),
        (True, {'TERM': 'dumb'}, False),
        (False, {'FORCE_COLOR': '1'}, True),
        (True, {'FORCE_COLOR': '1', 'NO_COLOR': '1'}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    monkeypatch, is_terminal, environment, is_coloured
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    said = painted('passed', Colour.GOOD, Stream(is_terminal))
    assert said == ('\x1b[32mpassed\x1b[0m' if is_coloured else 'passed')


def test_the_sign_of_a_check_has_the_colour_of_its_status(monkeypatch):
    monkeypatch.setattr(sys, 'stdout', Stream(True))
    print_check(Check('disk', Status.FAIL, '1 GB', '10 GB', 'delete runs'))
    assert sys.stdout.getvalue() == ('\x1b[31m✗\x1b[0m disk: 1 GB (must be: 10 GB); delete runs\n')


def test_errors_are_marked_on_a_terminal_only(monkeypatch, capsys):
    def body() -> int:
        raise VlaError('no robot')

    assert run_command(body) == 2
    assert capsys.readouterr().err == 'error: no robot\n'
    monkeypatch.setattr(sys, 'stderr', Stream(True))
    print_error('no robot')
    assert sys.stderr.getvalue() == '\x1b[31merror:\x1b[0m no robot\n'


def test_what_takes_a_while_is_announced_to_who_waits(monkeypatch, capsys):
    announce('loading the policy')
    assert capsys.readouterr() == ('', '')
    monkeypatch.setattr(sys, 'stderr', Stream(True))
    announce('loading the policy')
    assert sys.stderr.getvalue() == 'loading the policy ...\n'
