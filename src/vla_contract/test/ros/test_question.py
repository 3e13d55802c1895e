import math

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future
from std_srvs.srv import Trigger
from vla_contract.ros.question import introduction, Question
from vla_contract.ros.testing import ros  # noqa: F401


class Deaf:
    """A service that comes late and drops the answer to its first request."""

    def __init__(self) -> None:
        self.requests = []
        self.asked_for = 0

    def service_is_ready(self) -> bool:
        self.asked_for += 1
        return self.asked_for > 2

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
    assert service.asked_for == 3


def test_a_server_that_answers_an_introduction_answers_the_orders_of_older_clients(ros):  # noqa: F811
    server, client = rclpy.create_node('server'), rclpy.create_node('client')
    server.create_service(Trigger, 'server/order', lambda _, answer: answer)
    executor = SingleThreadedExecutor()
    executor.add_node(server)
    executor.add_node(client)
    older = client.create_client(Trigger, 'server/order')
    question = introduction(client, 'server')
    while not question.is_answered():
        executor.spin_once(timeout_sec=0.1)
    order = Question(older, Trigger.Request())
    while not order.is_answered():
        executor.spin_once(timeout_sec=0.1)
    executor.shutdown()
    server.destroy_node()
    client.destroy_node()
