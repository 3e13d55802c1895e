"""Real processes, with methods that need no network."""

from dataclasses import dataclass
import os

import numpy as np
import pytest
from vla_contract.errors import PolicyError
from vla_policy_server.precision.candidate import Candidate
from vla_policy_server.precision.comparing.comparison import (
    build_first,
    compare_in_turn,
    compare_side_by_side,
)
from vla_policy_server.precision.comparing.method_process import MethodProcess


@dataclass(frozen=True)
class Job:
    """A method that works, cannot be loaded, kills its process, or fails when it is timed."""

    fate: str
    device: str = 'cpu'

    def load(self) -> Candidate:
        if self.fate == 'refuse':
            raise PolicyError('no such provider')
        if self.fate == 'die':
            os._exit(3)
        self_calls = iter(range(6))

        def predict() -> object:
            if self.fate == 'break' and next(self_calls) == 5:
                raise RuntimeError('out of\nmemory')
            return bytearray(64_000_000)

        return Candidate(predict, lambda: np.ones((1, 2, 8)), size_bytes=7)


@pytest.fixture(scope='module')
def comparison():
    """Compare all four at once; processes take a second each to start."""
    rounds: list[None] = []
    jobs = {fate: Job(fate) for fate in ('refuse', 'work', 'die', 'break')}
    return compare_side_by_side(jobs, 10, lambda: rounds.append(None)), rounds


def test_those_that_fail_say_why_and_the_others_go_on(comparison):
    found, _ = comparison
    assert found.absent == {
        'refuse': 'no such provider',
        'die': 'its process died with exit code 3',
        'break': 'RuntimeError: out of memory',
    }
    assert list(found.reports) == ['work']


def test_every_chunk_asked_for_is_timed_in_bursts(comparison):
    found, rounds = comparison
    assert len(found.durations_ns['work']) == 10
    assert min(found.durations_ns['work']) > 0
    assert len(rounds) == 2


def test_the_report_has_actions_size_and_the_peak_of_the_work(comparison):
    report = comparison[0].reports['work']
    assert (report.actions == 1).all()
    assert report.size_bytes == 7
    assert report.gpu_bytes is None
    assert report.peak_bytes > 64_000_000


def test_a_dead_process_answers_with_its_exit_code():
    with MethodProcess(Job('die')) as process:
        with pytest.raises(PolicyError, match='exit code 3'):
            process.wait()
        with pytest.raises(PolicyError, match='exit code 3'):
            process.time(1)


def test_building_and_taking_turns_alone_report_failures_too():
    jobs = {'refuse': Job('refuse')}
    assert build_first(jobs, lambda: None) == {'refuse': 'no such provider'}
    assert compare_in_turn(jobs, 5, lambda: None).absent == {'refuse': 'no such provider'}
