"""kill -9 of the policy server in mid-motion: the filter brakes within limits and holds."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
import signal

import numpy as np
import pytest
import rclpy
from rclpy.signals import SignalHandlerOptions
from support.told_path import ActionLog
from vla_contract.deployment.cell import load_cell
from vla_contract.ros import testing  # noqa: F401 - takes a ROS domain of its own
from vla_contract.values import NS_PER_S
from vla_rollout.graph.ros.graph import RolloutGraph
from vla_rollout.graph.ros.node_calls import NoAnswerError
from vla_rollout.graph.stack import Stack

CELL = load_cell('panda_table')
DOMAIN = int(os.environ['ROS_DOMAIN_ID'])


@pytest.fixture
def stack(tmp_path):
    expert = {'policy_server': {'policy_path': 'scripted'}}
    with Stack('sim', tmp_path / 'logs', DOMAIN, expert) as stack:
        yield stack


@pytest.fixture
def graph(stack):
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN, signal_handler_options=SignalHandlerOptions.NO)
    graph = RolloutGraph(context, CELL, lambda: None)
    graph.wait_until_ready(240.0)
    yield graph
    graph.close()
    rclpy.try_shutdown(context=context)


@contextmanager
def saying_what_the_filter_says(graph: RolloutGraph) -> Iterator[None]:
    try:
        yield
    except NoAnswerError as error:
        pytest.fail(f'{error}; the filter says {graph.monitor.status}')


def test_the_filter_brakes_within_limits_holds_and_resumes(stack, graph):
    log = ActionLog(graph._node, CELL)
    # The stack begins to move by itself; a reset puts the arm elsewhere.
    graph.motion.pause()
    graph.reset_world(0)
    log.clear()
    graph.monitor.begin(None)
    graph.motion.resume()
    with saying_what_the_filter_says(graph):
        graph.wait_until(lambda: len(log.path) > 20 and log.speed(-4) > 0.1, 60.0, 'motion')
    os.kill(stack.pid('policy_server'), signal.SIGKILL)
    killed_ns = log.times_ns[-1]
    graph.wait_until(log.is_silent, 120.0, 'standstill')

    # The chunk deadline, plus braking from full speed, plus slack for a loaded machine.
    standstill_s = (log.stopped_ns() - killed_ns) / NS_PER_S
    assert standstill_s <= CELL.deadlines.chunk_age_s + 0.5 + 0.5
    held = log.path[-1]
    assert not graph.monitor.success
    stack.start()
    with saying_what_the_filter_says(graph):
        graph.wait_until(lambda: np.abs(log.path[-1] - held).max() > 0.05, 60.0, 'motion again')
        graph.wait_until(lambda: graph.monitor.success, 60.0, 'success after the restart')
    assert log.speed() <= 1 + 1e-6
    assert log.acceleration() <= 1 + 1e-6
