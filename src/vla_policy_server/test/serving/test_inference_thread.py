import threading

import numpy as np
import pytest
from vla_contract.errors import PolicyError
from vla_contract.values import ActionChunk, Observation
from vla_policy_server.serving.inference_thread import InferenceThread


class Slow:
    needs_images = False
    needs_extras = ()

    def __init__(self) -> None:
        self.go = threading.Event()
        self.thread = ''

    def infer(self, observation):
        self.go.wait(10)
        self.thread = threading.current_thread().name
        return ActionChunk(observation.stamp_ns, 1, np.zeros((1, 2)))

    def reset(self):
        pass


SEEN = Observation(7, np.zeros(2), {}, '')


def test_submitting_never_waits_for_the_policy_and_answers_wait_to_be_fetched():
    policy, is_there = Slow(), threading.Event()
    thread = InferenceThread(policy, is_there.set)
    thread.submit(SEEN)
    assert list(thread.answers()) == []
    policy.go.set()
    assert is_there.wait(10)
    (answer,) = thread.answers()
    assert list(thread.answers()) == []
    thread.close()
    assert answer.observation is SEEN
    assert answer.result.stamp_ns == 7
    assert answer.durations_ns['inference'] > 0
    assert policy.thread == 'inference'


def test_a_reset_waits_for_the_running_inference_and_runs_in_its_thread():
    policy, was_reset = Slow(), threading.Event()
    order = []
    policy.reset = lambda: (order.append(threading.current_thread().name), was_reset.set())
    thread = InferenceThread(policy, lambda: order.append('answer'))
    thread.submit(SEEN)
    thread.reset()
    assert order == []
    policy.go.set()
    assert was_reset.wait(10)
    thread.close()
    assert order == ['answer', 'inference']


def raise_(error):
    raise error


@pytest.mark.parametrize(
    ('method', 'fault', 'failure'),
    [
        ('infer', lambda _: raise_(SystemExit(3)), 'SystemExit: 3'),
        ('reset', lambda: raise_(RuntimeError('no')), 'RuntimeError: no'),
    ],
)
def test_a_thread_that_ends_by_itself_says_why_and_accepts_no_further_start(
    method, fault, failure
):
    policy, is_told = Slow(), threading.Event()
    setattr(policy, method, fault)
    thread = InferenceThread(policy, is_told.set)
    thread.require_alive()
    thread.submit(SEEN) if method == 'infer' else thread.reset()
    assert is_told.wait(10)
    assert list(thread.answers()) == []
    assert thread.failure.startswith(f'inference thread ended: {failure}')
    with pytest.raises(PolicyError, match='inference thread ended: .*; allowed: configure again'):
        thread.require_alive()
    thread.close()


@pytest.mark.parametrize(
    ('infer', 'answered'),
    [
        (lambda _: raise_(MemoryError('no room')), 'policy raised MemoryError: no room'),
        (lambda _: 'no chunk', "policy raised AttributeError: 'str' object has no attribute"),
    ],
)
def test_what_a_policy_raises_or_answers_wrongly_is_an_answer(infer, answered):
    policy, is_there = Slow(), threading.Event()
    policy.infer = infer
    thread = InferenceThread(policy, is_there.set)
    thread.submit(SEEN)
    assert is_there.wait(10)
    (answer,) = thread.answers()
    assert answer.result.startswith(answered)
    assert thread.failure == ''
    thread.close()
