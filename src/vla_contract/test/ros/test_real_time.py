import os
import threading

import pytest
from vla_contract.ros.real_time import take_real_time


def in_a_thread(work):
    """Run something in a thread of its own, whose scheduling ends with it; return its result."""
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def scheduled() -> tuple[int, int]:
    return os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK, os.sched_getparam(0).sched_priority


def test_zero_asks_for_nothing(monkeypatch):
    monkeypatch.setattr(os, 'sched_setscheduler', None)
    assert take_real_time(0) == ''


def test_the_thread_gets_it_and_its_children_do_not():
    def work():
        return take_real_time(7), scheduled(), in_a_thread(scheduled)

    problem, own, childs = in_a_thread(work)
    if problem:
        pytest.skip(problem)
    assert own == (os.SCHED_FIFO, 7)
    assert childs[0] == os.SCHED_OTHER
    assert scheduled()[0] == os.SCHED_OTHER


def test_a_refusal_says_what_to_allow(monkeypatch):
    def refuse(*args):
        raise PermissionError(1, 'Operation not permitted')

    monkeypatch.setattr(os, 'sched_setscheduler', refuse)
    problem = take_real_time(50)
    assert 'no real-time priority 50' in problem
    assert 'rtprio' in problem
