import os
from pathlib import Path
import signal
import time

import pytest
from vla_contract.cli.worker_pool import worker_pool

_offset = 0
# A worker imports this module before it knows to ignore Ctrl-C.
_blocked_at_import = signal.pthread_sigmask(signal.SIG_BLOCK, ())


def begin(offset: int) -> None:
    global _offset
    _offset = offset


def shifted(number: int) -> tuple[int, int]:
    return number + _offset, os.getpid()


def fail(number: int) -> int:
    raise ValueError(f'item {number}')


def test_one_worker_is_this_process():
    with worker_pool(1, begin, 10) as map_items:
        assert list(map_items(shifted, range(3))) == [(10 + i, os.getpid()) for i in range(3)]


def test_results_keep_the_order_of_the_items_whatever_the_workers():
    with worker_pool(2, begin, 10) as map_items:
        results = list(map_items(shifted, range(20)))
    assert [number for number, _ in results] == list(range(10, 30))
    assert os.getpid() not in {process for _, process in results}


def test_a_workers_error_reaches_the_caller():
    with worker_pool(2, begin, 0) as map_items, pytest.raises(ValueError, match='item 0'):
        list(map_items(fail, range(5)))


def ignores_interrupts(number: int) -> bool:
    is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    was_shielded = signal.SIGINT in _blocked_at_import
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    return is_ignored and was_shielded and signal.SIGINT not in blocked


def test_workers_leave_ctrl_c_to_who_started_them():
    with worker_pool(2, begin, 0) as map_items:
        assert all(map_items(ignores_interrupts, range(4)))
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.parametrize('workers', [1, 2])
def test_an_error_in_a_workers_start_reaches_the_caller(workers):
    with (
        pytest.raises(ValueError, match='item 7'),
        worker_pool(workers, fail, 7) as map_items,
    ):
        list(map_items(shifted, range(5)))


def slow_after_ctrl_c(job: tuple[int, str]) -> None:
    """Press Ctrl-C in the first job; the second outlasts it."""
    number, folder = job
    if number == 0:
        os.kill(os.getppid(), signal.SIGINT)
    else:
        time.sleep(0.5)
    (Path(folder) / str(number)).touch()


def test_items_under_way_are_finished_after_ctrl_c(tmp_path):
    jobs = [(number, str(tmp_path)) for number in range(50)]
    with pytest.raises(KeyboardInterrupt), worker_pool(2) as map_items:
        list(map_items(slow_after_ctrl_c, jobs))
    finished = set(os.listdir(tmp_path))
    assert {'0', '1'} <= finished
    assert len(finished) < len(jobs)
