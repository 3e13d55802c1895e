import threading

import numpy as np
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


def test_submitting_never_waits_for_the_policy():
    policy, results, done = Slow(), [], threading.Event()

    def take(observation, result, durations):
        results.append(result)
        done.set()

    thread = InferenceThread(policy, take)
    thread.submit(Observation(7, np.zeros(2), {}, ''))
    assert results == []
    policy.go.set()
    assert done.wait(10)
    thread.close()
    assert results[0].stamp_ns == 7
    assert policy.thread == 'inference'


def test_a_reset_waits_for_the_running_inference_and_runs_in_its_thread():
    policy, done, was_reset = Slow(), threading.Event(), threading.Event()
    order = []
    policy.reset = lambda: (order.append(threading.current_thread().name), was_reset.set())
    thread = InferenceThread(policy, lambda *_: (order.append('result'), done.set()))
    thread.submit(Observation(7, np.zeros(2), {}, ''))
    thread.reset()
    assert order == []
    policy.go.set()
    assert was_reset.wait(10)
    thread.close()
    assert order == ['result', 'inference']
