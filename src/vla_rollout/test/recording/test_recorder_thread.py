from concurrent.futures import ThreadPoolExecutor
import threading

import pytest
from vla_contract.errors import VlaError
from vla_rollout.recording.record import Record
from vla_rollout.recording.recorder_thread import RecorderThread


class SlowRecorder:
    """Takes nothing until it is let go."""

    def __init__(self):
        self.gate = threading.Event()
        self.taken = []

    def take(self, record):
        self.gate.wait(5.0)
        self.taken.append(record)

    def stop(self):
        return len(self.taken)

    def fail(self):
        raise VlaError('no')


def test_orders_run_after_the_records_before_them_and_errors_come_back():
    recorder = SlowRecorder()
    recorder.gate.set()
    thread = RecorderThread(recorder, 10**6, print)
    for k in range(100):
        thread.take(Record('/a', k, b'x'))
    assert thread.call(recorder.stop) == 100
    with pytest.raises(VlaError, match='no'):
        thread.call(recorder.fail)
    thread.close()


def test_what_a_slow_disk_cannot_take_is_dropped_and_counted():
    recorder = SlowRecorder()
    thread = RecorderThread(recorder, 1000, print)
    for k in range(50):
        thread.take(Record('/a', k, bytes(100)))
    recorder.gate.set()
    thread.close()
    assert len(recorder.taken) == 10
    assert thread.dropped == 40


class FailingRecorder(SlowRecorder):
    """Raises what no recorder is known to raise, at the first record."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def take(self, record):
        super().take(record)
        raise self.error


@pytest.mark.parametrize('error', [RuntimeError('a fault'), MemoryError(), SystemExit(3)])
def test_orders_that_wait_and_later_ones_are_told_what_ended_the_recording(error):
    recorder, said = FailingRecorder(error), []
    thread = RecorderThread(recorder, 10**6, said.append)
    thread.take(Record('/a', 0, b'x'))
    thread.take(Record('/a', 1, b'x'))
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(thread.call, recorder.stop)
        recorder.gate.set()
        with pytest.raises(VlaError, match=f'recording failed: {type(error).__name__}'):
            waiting.result(60.0)
    thread.take(Record('/a', 2, b'x'))
    with pytest.raises(VlaError, match='recording failed'):
        thread.call(recorder.stop)
    assert said == [thread.failure]
    assert (len(recorder.taken), thread.dropped) == (1, 3)
    thread.close()


def test_an_order_that_ends_by_an_unknown_exception_is_answered_and_the_last():
    recorder = SlowRecorder()
    recorder.stop = lambda: [].pop()
    thread = RecorderThread(recorder, 10**6, print)
    for _ in range(2):
        with pytest.raises(VlaError, match='recording failed: IndexError: pop from empty list'):
            thread.call(recorder.stop)
    thread.close()
