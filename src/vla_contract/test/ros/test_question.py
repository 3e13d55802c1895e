import math

from rclpy.task import Future
from vla_contract.ros.question import Question


class Deaf:
    """A service that drops the answer to its first request."""

    def __init__(self) -> None:
        self.requests = []

    def call_async(self, request) -> Future:
        self.requests.append(request)
        future = Future()
        if len(self.requests) > 1:
            future.set_result('answer')
        return future


def test_a_lost_answer_is_asked_for_again():
    service = Deaf()
    question = Question(service, 'state?', again_s=0.0)
    while not question.is_answered():
        pass
    assert question.answer == 'answer'
    assert service.requests == ['state?', 'state?']


def test_an_order_is_given_once():
    service = Deaf()
    order = Question(service, 'activate', math.inf)
    assert not any(order.is_answered() for _ in range(100))
    assert service.requests == ['activate']
