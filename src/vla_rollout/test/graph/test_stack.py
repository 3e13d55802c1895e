import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest
from vla_contract.errors import SettingError, UnknownNameError
from vla_rollout.graph.stack import ProcessDiedError, Stack

# A process that writes a line, then works until it is told to stop. Its output is not buffered,
# so that the line is written in one piece only when it is one string.
WORKER = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
sys.stdout.write(f'ready {sys.argv[-1]}\\n')
signal.pause()
"""

PARENT = """
import signal, sys
from pathlib import Path
from vla_rollout.graph.stack import Stack
stack = Stack(sys.argv[1], Path(sys.argv[2]), 7, {})
stack.start()
print(*[stack.pid(name) for name in stack.names], flush=True)
signal.pause()
"""


@pytest.fixture
def make_stack(tmp_path, monkeypatch):
    (tmp_path / 'worker_module.py').write_text(WORKER)
    monkeypatch.setenv('PYTHONPATH', f'{tmp_path}:{os.environ.get("PYTHONPATH", "")}')
    config = tmp_path / 'config'
    (config / 'stacks').mkdir(parents=True)
    (config / 'node.yaml').write_text('/**:\n  ros__parameters: {}\n')
    (config / 'stacks' / 'x.yaml').write_text(
        'processes:\n'
        '  - {name: one, module: worker_module, parameters: node.yaml}\n'
        '  - {name: two, module: worker_module, parameters: node.yaml}\n'
    )

    def make(overrides=None) -> Stack:
        path = str(config / 'stacks' / 'x.yaml')
        return Stack(path, tmp_path / 'logs', 7, overrides or {})

    return make


def wait_for(condition, timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, 'condition not met in time'
        os.sched_yield()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_all_and_stops_all(make_stack):
    stack = make_stack()
    with stack:
        pids = [stack.pid(name) for name in ('one', 'two')]
        wait_for(lambda: all('ready' in stack.log(n).read_text() for n in ('one', 'two')))
        stack.check()
    assert stack.stop() == {'one': 0, 'two': 0}
    assert not any(map(is_alive, pids))


def test_a_killed_process_is_named_with_the_end_of_its_log(make_stack):
    with make_stack() as stack:
        wait_for(lambda: 'ready' in stack.log('two').read_text())
        os.kill(stack.pid('two'), signal.SIGKILL)
        wait_for(lambda: not is_alive_child(stack, 'two'))
        with pytest.raises(ProcessDiedError) as caught:
            stack.check()
    assert str(caught.value).startswith('two died (signal SIGKILL); the end of')
    assert '  | ready' in str(caught.value)
    assert caught.value.returncode == -signal.SIGKILL


def is_alive_child(stack: Stack, name: str) -> bool:
    return stack._processes[name].poll() is None


def test_starting_again_replaces_only_what_died(make_stack):
    with make_stack() as stack:
        first = stack.pid('one')
        os.kill(stack.pid('two'), signal.SIGKILL)
        wait_for(lambda: not is_alive_child(stack, 'two'))
        dead = stack.pid('two')
        stack.start()
        assert stack.pid('one') == first
        assert stack.pid('two') != dead
        stack.check()


def test_overrides_become_parameters(make_stack, tmp_path):
    with make_stack({'one': {'policy_path': '007'}}):
        text = (tmp_path / 'logs' / 'one.parameters.yaml').read_text()
    assert "policy_path: '007'" in text
    assert 'autostart: true' in text


@pytest.mark.parametrize('namespace', ['left', '/left'])
def test_a_namespace_is_that_of_every_node(tmp_path, make_stack, namespace):
    make_stack()
    config = str(tmp_path / 'config' / 'stacks' / 'x.yaml')
    with Stack(config, tmp_path / 'logs', 7, {}, namespace=namespace) as stack:
        wait_for(lambda: all('ready' in stack.log(n).read_text() for n in ('one', 'two')))
        assert all('__ns:=/left' in stack.log(n).read_text() for n in ('one', 'two'))


def test_an_invalid_configuration_starts_nothing(tmp_path):
    path = tmp_path / 'stacks' / 'bad.yaml'
    path.parent.mkdir()
    path.write_text('processes:\n  - {name: one}\n')
    with pytest.raises(SettingError, match=r'processes\[0\].module: found nothing'):
        Stack(str(path), tmp_path / 'logs', 7, {})
    assert not (tmp_path / 'logs').exists()


def test_children_end_when_their_parent_is_killed(make_stack, tmp_path):
    make_stack()
    config = str(tmp_path / 'config/stacks/x.yaml')
    command = [sys.executable, '-c', PARENT, config, str(tmp_path)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    # The kernel has their promise only once they run what they were started for.
    wait_for(lambda: all('ready' in (tmp_path / f'{n}.log').read_text() for n in ('one', 'two')))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not any(is_running(pid) for pid in pids))


def is_running(pid: int) -> bool:
    """Tell a running process from one that ended and that nobody has waited for."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_what_is_left_out_is_not_started_and_must_be_there(make_stack, tmp_path):
    path = str(tmp_path / 'config' / 'stacks' / 'x.yaml')
    assert Stack(path, tmp_path / 'logs', 7, {}, leave_out=['one']).names == ['two']
    with pytest.raises(UnknownNameError, match="process 'three' is not in"):
        Stack(path, tmp_path / 'logs', 7, {}, leave_out=['three'])
