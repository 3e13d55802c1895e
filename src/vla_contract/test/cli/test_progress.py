import io
import subprocess
import sys

import pytest
from vla_contract.cli.progress import EVERY, Progress, watched


class Time:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(autouse=True)
def nobody_asks(monkeypatch):
    monkeypatch.delenv(EVERY, raising=False)


@pytest.fixture
def time() -> Time:
    return Time()


def worked(time: Time, progress: Progress, count: int, each_s: float, note: str = '') -> None:
    for _ in range(count):
        time.now_s += each_s
        progress.update(note=note)


def lines(capsys) -> list[str]:
    said = capsys.readouterr()
    assert said.out == ''
    return said.err.splitlines()


def test_what_is_over_at_once_says_nothing_in_a_file(time, capsys):
    with Progress(20, 'episodes', clock=time) as progress:
        worked(time, progress, 20, 0.4)
    assert lines(capsys) == []


def test_a_file_gets_whole_lines_with_what_is_left(time, capsys):
    with Progress(400, 'steps', 'training', clock=time) as progress:
        worked(time, progress, 400, 3.0, 'loss 0.31')
    said = lines(capsys)
    assert len(said) == 10
    assert said[0] == 'training: 4 of 400 steps, loss 0.31, 12 s so far, about 20 minutes left'
    assert said[1].startswith('training: 40 of 400 steps')
    assert said[-1].startswith('training: 360 of 400 steps')


def test_very_slow_work_says_more_than_every_tenth(time, capsys):
    with Progress(10_000, 'steps', clock=time) as progress:
        worked(time, progress, 100, 60.0)
    assert len(lines(capsys)) == 1 + 100 // 5 - 1


def test_fast_tenths_are_not_said_one_after_the_other(time, capsys):
    with Progress(100, 'scenes', clock=time) as progress:
        worked(time, progress, 1, 10.0)
        worked(time, progress, 98, 0.1)
    assert len(lines(capsys)) == 2


def test_where_nobody_knows_how_many_nothing_is_promised(time, capsys):
    with Progress(None, 'messages', clock=time) as progress:
        worked(time, progress, 1, 11.0)
    assert lines(capsys) == ['1 messages, 11 s so far']


def test_what_was_done_before_is_not_taken_for_speed(time, capsys):
    with Progress(100, 'episodes', done=90, clock=time) as progress:
        worked(time, progress, 1, 20.0)
    assert lines(capsys) == ['91 of 100 episodes, 20 s so far, about 3 minutes left']


def test_nothing_is_said_after_the_end_or_where_it_is_not_wanted(time, capsys):
    ended = Progress(10, 'episodes', clock=time)
    ended.close()
    worked(time, ended, 5, 60.0)
    worked(time, Progress(10, 'episodes', is_shown=False, clock=time), 5, 60.0)
    assert lines(capsys) == []


def test_items_pass_unchanged_and_one_by_one():
    given = iter('abc')
    passed = watched(given, 'letters')
    assert next(passed) == 'a'
    assert list(given) == ['b', 'c']


def test_a_terminal_gets_a_bar_that_goes(monkeypatch, time):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, 'stderr', terminal)
    with Progress(4, 'episodes', 'sweep', clock=time) as progress:
        worked(time, progress, 3, 30.0, 'success 2/3')
        progress._bar.refresh()
    said = terminal.getvalue()
    assert 'sweep:  75%' in said
    assert '3/4 episodes [' in said
    assert 'success 2/3]' in said
    assert said.endswith('\r')


def test_a_pipe_never_sees_a_carriage_return_nor_loads_the_bar():
    code = (
        'import sys\n'
        'from vla_contract.cli import progress\n'
        'progress._FIRST_S = progress._BETWEEN_S = 0.0\n'
        "list(progress.watched(range(50), 'steps'))\n"
        "print('tqdm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout == 'False\n'
    assert '\r' not in done.stderr
    assert done.stderr.count('\n') == 10


@pytest.mark.parametrize(('every', 'count'), [('0', 20), ('10', 2), ('nothing', 0)])
def test_who_wants_more_lines_or_fewer_says_so(time, capsys, monkeypatch, every, count):
    monkeypatch.setenv(EVERY, every)
    with Progress(20, 'episodes', clock=time) as progress:
        worked(time, progress, 20, 0.499 if every == 'nothing' else 1.0)
    assert len(lines(capsys)) == count
