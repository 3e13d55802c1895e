import json
import os
import subprocess
import sys

import pytest
from vla_contract.ros.node.real_time import take_real_time

# A process of its own, whose scheduling ends with it: main thread, a thread before, one after.
PROGRAM = """
import json, os, threading
from vla_contract.ros.node.real_time import take_real_time

def scheduled():
    policy = os.sched_getscheduler(0)
    return policy & ~os.SCHED_RESET_ON_FORK, os.sched_getparam(0).sched_priority

def ask(go):
    go.wait()
    results.append(scheduled())

results, go = [], threading.Event()
before = threading.Thread(target=ask, args=[go])
before.start()
problem = take_real_time(PRIORITY)
after = threading.Thread(target=ask, args=[go])
after.start()
go.set()
for thread in (before, after):
    thread.join()
print(json.dumps([problem, scheduled(), sorted(results)]))
"""


def take(priority: int):
    program = PROGRAM.replace('PRIORITY', str(priority))
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    problem, own, others = json.loads(done.stdout)
    if problem:
        pytest.skip(problem)
    return own, others


def test_zero_asks_for_nothing(monkeypatch):
    monkeypatch.setattr(os, 'sched_setscheduler', None)
    assert take_real_time(0) == ''


@pytest.mark.parametrize(('priority', 'less'), [(7, 6), (1, 1)])
def test_the_threads_that_receive_get_one_less_and_what_starts_later_none(priority, less):
    own, others = take(priority)
    assert own == [os.SCHED_FIFO, priority]
    assert others == [[os.SCHED_OTHER, 0], [os.SCHED_FIFO, less]]


def test_a_refusal_says_what_to_allow(monkeypatch):
    def refuse(*args):
        raise PermissionError(1, 'Operation not permitted')

    monkeypatch.setattr(os, 'sched_setscheduler', refuse)
    problem = take_real_time(50)
    assert 'no real-time priority 50' in problem
    assert 'rtprio' in problem
