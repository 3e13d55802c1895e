import os

import pytest
from vla_contract.cli.worker_pool import worker_pool

_offset = 0


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
