"""A manager and a node that is late, missing, or not yet found."""

import time

from lifecycle_msgs.msg import State
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.task import Future
from vla_contract.errors import VlaError
from vla_rollout.graph.ros import managed_node
from vla_rollout.graph.ros.managed_node import ManagedNode


@pytest.fixture
def executor(ros):
    executor = SingleThreadedExecutor()
    yield executor
    for node in executor.get_nodes():
        node.destroy_node()
    executor.shutdown()


@pytest.fixture
def managed(executor) -> ManagedNode:
    owner = Node('manager')
    executor.add_node(owner)
    return ManagedNode(owner, 'late')


def spin(executor, until) -> None:
    deadline = time.monotonic() + 60.0
    while not until():
        assert time.monotonic() < deadline
        executor.spin_once(timeout_sec=0.05)


def test_a_node_that_has_just_started_is_waited_for(executor, managed):
    task = executor.create_task(managed.state)
    executor.spin_once(timeout_sec=0.0)
    assert not task.done()
    executor.add_node(LifecycleNode('late'))
    spin(executor, task.done)
    assert task.result() == State.PRIMARY_STATE_UNCONFIGURED


def test_a_node_that_does_not_come_is_named(executor, managed, monkeypatch):
    monkeypatch.setattr(managed_node, 'START_S', 0.2)
    missing = ManagedNode(managed.owner, 'missing')
    task = executor.create_task(missing.state)
    with pytest.raises(VlaError, match='node missing does not run'):
        spin(executor, task.done)
        task.result()


def test_a_question_is_asked_again_and_an_order_is_not(executor, managed, monkeypatch):
    class Deaf:
        def __init__(self) -> None:
            self.requests = 0

        def service_is_ready(self) -> bool:
            return True

        def call_async(self, request) -> Future:
            self.requests += 1
            future = Future()
            if self.requests > 1:
                future.set_result('answer')
            return future

    monkeypatch.setattr(managed_node, '_AGAIN_S', 0.2)
    question, order = Deaf(), Deaf()
    given = executor.create_task(managed._order, order, None)
    asked = executor.create_task(managed._ask, question, None)
    spin(executor, asked.done)
    assert (asked.result(), question.requests) == ('answer', 2)
    assert (given.done(), order.requests) == (False, 1)
