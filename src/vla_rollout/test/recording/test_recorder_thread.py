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
    thread = RecorderThread(recorder, 10**6)
    for k in range(100):
        thread.take(Record('/a', k, b'x'))
    assert thread.call(recorder.stop) == 100
    with pytest.raises(VlaError, match='no'):
        thread.call(recorder.fail)
    thread.close()


def test_what_a_slow_disk_cannot_take_is_dropped_and_counted():
    recorder = SlowRecorder()
    thread = RecorderThread(recorder, 1000)
    for k in range(50):
        thread.take(Record('/a', k, bytes(100)))
    recorder.gate.set()
    thread.close()
    assert len(recorder.taken) == 10
    assert thread.dropped == 40
