import time

import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import Bool, String
from vla_contract.ros.listening.any_publisher import subscribe_to_any
from vla_contract.ros.listening.said import Conversation
from vla_contract.ros.qos import COMMAND, LATCHED, SENSOR

QOS = {'volatile': COMMAND, 'latched': LATCHED, 'best effort': SENSOR}
MATCHES = {'volatile': 2, 'latched': 3, 'best effort': 1}


@pytest.fixture
def node(ros):
    nodes = [rclpy.create_node('listener')]

    def make(name: str):
        nodes.append(rclpy.create_node(name))
        return nodes[-1]

    yield nodes[0], make
    for made in nodes:
        made.destroy_node()


def wait(condition) -> None:
    deadline = time.monotonic() + 30.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.parametrize('kind', QOS)
def test_every_publisher_is_heard_once_and_known_by_its_node(node, kind):
    listener, make = node
    talk, heard = Conversation(listener, Bool, 'switch'), []
    publishers = {
        name: make(name).create_publisher(Bool, 'switch', QOS[kind]) for name in ('left', 'right')
    }
    wait(lambda: all(p.get_subscription_count() == MATCHES[kind] for p in publishers.values()))
    publishers['left'].publish(Bool(data=True))
    publishers['right'].publish(Bool(data=False))

    def both() -> bool:
        heard.extend(talk.take())
        return len(heard) >= 2

    wait(both)
    names = talk.publishers
    assert {names[said.publisher]: said.message.data for said in heard} == {
        'left': True,
        'right': False,
    }
    publishers['left'].publish(Bool(data=False))
    wait(lambda: heard.extend(talk.take()) or len(heard) >= 3)
    assert (names[heard[2].publisher], heard[2].message.data) == ('left', False)
    assert len(heard) == 3


def test_what_was_latched_before_is_heard(node):
    listener, make = node
    publisher = make('early').create_publisher(Bool, 'switch', LATCHED)
    publisher.publish(Bool(data=True))
    talk, heard = Conversation(listener, Bool, 'switch'), []
    wait(lambda: heard.extend(talk.take()) or heard)
    assert heard[0].message.data
    wait(lambda: list(talk.publishers.values()) == ['early'])


def test_a_topic_that_is_remapped_is_found(ros):
    listener = rclpy.create_node('listener', cli_args=['--ros-args', '-r', 'switch:=button'])
    talk = Conversation(listener, Bool, 'switch')
    other = rclpy.create_node('other')
    other.create_publisher(Bool, 'button', COMMAND)
    wait(lambda: list(talk.publishers.values()) == ['other'])
    for made in (listener, other):
        made.destroy_node()


def test_a_publisher_that_leaves_is_gone(node):
    listener, make = node
    talk = Conversation(listener, Bool, 'switch')
    leaving = make('leaving')
    leaving.create_publisher(Bool, 'switch', COMMAND)
    wait(lambda: 'leaving' in talk.publishers.values())
    leaving.destroy_node()
    wait(lambda: not talk.publishers)


@pytest.mark.parametrize('kind', QOS)
def test_a_callback_hears_latched_and_other_publishers(node, kind):
    listener, make = node
    heard = []
    subscribe_to_any(listener, String, 'word', lambda msg: heard.append(msg.data))
    publisher = make('speaker').create_publisher(String, 'word', QOS[kind])
    executor = SingleThreadedExecutor()
    executor.add_node(listener)
    wait(lambda: publisher.get_subscription_count() > 0)
    publisher.publish(String(data='lift'))
    wait(lambda: executor.spin_once(timeout_sec=0.05) or heard)
    assert set(heard) == {'lift'}
    executor.shutdown()
