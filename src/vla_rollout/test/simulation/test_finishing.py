import os
from pathlib import Path
import signal
import time

import pytest
from vla_contract.errors import VlaError
from vla_rollout.simulation.finishing import finishing_pool

DEADLINE_S = 60.0


def interrupts_its_parent(job: tuple[int, str]) -> int:
    """Press Ctrl-C in the job with number 0, and then run until the other one is done too."""
    number, folder = job
    if number == 0:
        os.kill(os.getppid(), signal.SIGINT)
    (Path(folder) / str(number)).touch()
    end = time.monotonic() + DEADLINE_S
    while not {'0', '1'} <= set(os.listdir(folder)) and time.monotonic() < end:
        time.sleep(0.01)
    return number


def presses_ctrl_c(number: int) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGINT)
    return 10 * number


def ends_its_process(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_an_episode_under_way_is_finished_after_ctrl_c_and_no_other_begun():
    finished = []
    with pytest.raises(KeyboardInterrupt), finishing_pool(1) as map_finished:
        for result in map_finished(presses_ctrl_c, enumerate(range(5))):
            finished.append(result)
    assert finished == [(0, 0), (1, 10)]


def test_ctrl_c_in_the_last_episode_loses_nothing():
    finished = []
    with pytest.raises(KeyboardInterrupt), finishing_pool(1) as map_finished:
        for result in map_finished(presses_ctrl_c, enumerate(range(2))):
            finished.append(result)
    assert finished == [(0, 0), (1, 10)]


def test_ctrl_c_behind_the_last_episode_is_not_lost():
    with pytest.raises(KeyboardInterrupt), finishing_pool(1) as map_finished:
        assert list(map_finished(abs, [(0, -1)])) == [(0, 1)]
        os.kill(os.getpid(), signal.SIGINT)


def test_episodes_under_way_in_workers_are_finished(tmp_path):
    jobs = [(number, str(tmp_path)) for number in range(9)]
    finished = []
    with pytest.raises(KeyboardInterrupt), finishing_pool(2) as map_finished:
        for result in map_finished(interrupts_its_parent, enumerate(jobs)):
            finished.append(result)
    assert sorted(finished)[:2] == [(0, 0), (1, 1)]
    assert len(finished) < len(jobs)
    assert sorted(number for number, _ in finished) == sorted(map(int, os.listdir(tmp_path)))


def test_ctrl_c_twice_ends_at_once():
    def twice(number: int) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), finishing_pool(1) as map_finished:
        list(map_finished(twice, enumerate([0])))


def test_items_are_taken_when_their_turn_comes():
    taken = []

    def items():
        for number in range(1_000_000_000):
            taken.append(number)
            yield number, number

    with finishing_pool(2) as map_finished:
        results = map_finished(abs, items())
        assert next(results)[1] in {0, 1}
        assert len(taken) <= 3
        results.close()


def test_ctrl_c_raises_again_afterwards():
    # A shell that starts the tests in the background has it ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with finishing_pool(1):
            pass
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_killed_worker_is_one_sentence():
    with (
        pytest.raises(VlaError, match='a worker process was killed, as happens when memory'),
        finishing_pool(2) as map_finished,
    ):
        list(map_finished(ends_its_process, enumerate(range(2))))


def hangs_after_ctrl_c_twice(number: int) -> None:
    for _ in range(2):
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(0.2)
    time.sleep(DEADLINE_S)


def test_ctrl_c_twice_drops_what_workers_are_at():
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), finishing_pool(2) as map_finished:
        list(map_finished(hangs_after_ctrl_c_twice, enumerate([0])))
    assert time.monotonic() - begun < DEADLINE_S
