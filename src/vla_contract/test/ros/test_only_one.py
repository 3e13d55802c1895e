import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
import rclpy
from vla_contract.ros.node.only_one import AlreadyRunsError, OnlyOne

HOLDER = """
import rclpy
from vla_contract.ros.node.only_one import OnlyOne
rclpy.init()
holder = OnlyOne(rclpy.create_node('one'))
print('held', flush=True)
input()
"""


@pytest.fixture
def make_node(ros):
    nodes = []

    def make(name: str, namespace: str = ''):
        nodes.append(rclpy.create_node(name, namespace=namespace))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


@pytest.fixture
def holder():
    """A process with a node named one."""
    process = subprocess.Popen(
        [sys.executable, '-c', HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == 'held\n'
    yield process
    process.kill()
    process.communicate()


def test_a_second_node_of_a_name_is_refused_and_the_first_is_named(make_node, holder):
    with pytest.raises(AlreadyRunsError, match=f'/one runs already as process {holder.pid} on'):
        OnlyOne(make_node('one'))


def test_other_names_and_other_namespaces_are_free(make_node, holder):
    OnlyOne(make_node('two')).release()
    OnlyOne(make_node('one', '/left')).release()


def test_a_killed_process_frees_its_name_at_once(make_node, holder):
    holder.kill()
    holder.wait()
    OnlyOne(make_node('one')).release()


@pytest.fixture
def shown(make_node, monkeypatch):
    """Who publishes on /rosout: the node itself, and others that a test adds."""
    node = make_node('one')
    found = [publisher(1)]
    monkeypatch.setattr(node, 'get_publishers_info_by_topic', lambda topic: found)
    only_one = OnlyOne(node)
    yield only_one, found
    only_one.release()


def publisher(machine: int, name: str = 'one', namespace: str = '/') -> SimpleNamespace:
    gid = [1, 15, 0, machine, *range(12)]
    return SimpleNamespace(node_name=name, node_namespace=namespace, endpoint_gid=gid)


def test_one_of_another_machine_is_found_in_the_graph(shown):
    only_one, found = shown
    only_one.check()
    found.append(publisher(2))
    only_one._next_look = 0.0
    with pytest.raises(AlreadyRunsError, match='/one runs already on another machine'):
        only_one.check()


def test_others_and_one_that_crashed_on_this_machine_do_not_count(shown):
    only_one, found = shown
    found += [publisher(1), publisher(2, 'two'), publisher(2, 'one', '/left')]
    only_one.check()


def test_who_comes_later_does_not_end_who_runs(shown):
    only_one, found = shown
    only_one._until = 0.0
    only_one.check()
    found.append(publisher(2))
    only_one._next_look = 0.0
    only_one.check()


def test_the_graph_names_the_machine_of_a_node(make_node, holder):
    node = make_node('one')
    make_node('two')
    # Discovery is over when the node of the other process shows.
    deadline = time.monotonic() + 60.0
    while node.get_node_names().count('one') < 2:
        assert time.monotonic() < deadline, 'condition not met in time'
        rclpy.spin_once(node, timeout_sec=0.02)
    assert len(OnlyOne._machines(SimpleNamespace(_node=node))) == 1
