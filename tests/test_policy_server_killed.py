"""kill -9 of the policy server in mid-motion: the filter brakes within limits and holds."""

from contextlib import suppress
import os
import signal
import time

import numpy as np
import pytest
import rclpy
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from trajectory_msgs.msg import JointTrajectory
from vla_contract.contract import load_contract
from vla_contract.ros import testing  # noqa: F401 - takes a ROS domain of its own
from vla_rollout.graph.ros.graph import RolloutGraph
from vla_rollout.graph.ros.node_calls import NoAnswerError
from vla_rollout.graph.stack import Stack

CONTRACT = load_contract('panda_2f85')
DOMAIN = int(os.environ['ROS_DOMAIN_ID'])
PERIOD_S = 1.0 / CONTRACT.rates.filter_hz
ARM = list(CONTRACT.arm)


class CommandLog:
    """Every command the filter sent, with its sequence number, so that a lost one is seen."""

    def __init__(self, node) -> None:
        self.positions: list[np.ndarray] = []
        self.numbers: list[int] = []
        self._heard_at = time.monotonic()
        node.create_subscription(
            JointTrajectory,
            'joint_trajectory_controller/joint_trajectory',
            self._on_command,
            QoSProfile(depth=1000),
        )

    def _on_command(self, msg: JointTrajectory, info) -> None:
        self.positions.append(np.array(msg.points[0].positions)[ARM])
        self.numbers.append(info['publication_sequence_number'])
        self._heard_at = time.monotonic()

    def is_silent(self) -> bool:
        """Return whether no command has come for half a second: at rest none is sent."""
        return time.monotonic() - self._heard_at > 0.5

    def speeds(self, start: int = 0) -> np.ndarray:
        """Return the velocity of every command, shape (N, 7) [rad/s], NaN after a gap."""
        # Commands come in while this is computed.
        end = len(self.numbers)
        kept = slice(start if start >= 0 else max(0, end + start), end)
        speeds = np.diff(np.array(self.positions[kept]), axis=0) / PERIOD_S
        speeds[np.diff(self.numbers[kept]) != 1] = np.nan
        return speeds


@pytest.fixture
def stack(tmp_path):
    expert = {'policy_server': {'backend': 'scripted', 'policy_path': 'lift_cube'}}
    with Stack('sim', tmp_path / 'logs', DOMAIN, expert) as stack:
        yield stack


@pytest.fixture
def graph(stack):
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN, signal_handler_options=SignalHandlerOptions.NO)
    graph = RolloutGraph(context, CONTRACT, lambda: None)
    graph.wait_until_ready(240.0)
    yield graph
    graph.close()
    rclpy.try_shutdown(context=context)


def wait_for_motion(graph: RolloutGraph, log: CommandLog) -> None:
    """Reset the scene until the arm is seen in motion.

    On a busy machine half a second may pass between arming and the next heartbeat of who watches;
    the filter then holds, as it must, until it is activated anew.
    """
    for seed in range(5):
        graph.motion.pause()
        graph.reset_world(seed)
        graph.monitor.begin(None)
        log.positions.clear()
        log.numbers.clear()
        graph.motion.resume()
        with suppress(NoAnswerError):
            graph.wait_until(
                lambda: len(log.positions) > 20 and np.nanmax(np.abs(log.speeds(-10))) > 0.2,
                30.0,
                'motion',
            )
            return
    raise AssertionError('the arm did not move in five scenes')


def test_the_filter_brakes_within_limits_holds_and_resumes(stack, graph):
    log = CommandLog(graph._node)
    wait_for_motion(graph, log)
    os.kill(stack.pid('policy_server'), signal.SIGKILL)
    killed_at = len(log.positions)
    graph.wait_until(log.is_silent, 120.0, 'standstill')

    velocity = np.array([CONTRACT.joints[i].velocity for i in ARM])
    acceleration = np.array([CONTRACT.joints[i].acceleration for i in ARM])
    speeds = log.speeds()
    changes = np.abs(np.diff(speeds, axis=0)) / PERIOD_S
    assert np.nanmax(np.abs(speeds) / velocity) <= 1 + 1e-6
    assert np.nanmax(changes / acceleration) <= 1 + 1e-6
    # The chunk deadline, plus braking from full speed, plus two filter periods and slack for a
    # loaded machine.
    moving = np.flatnonzero(np.nan_to_num(np.abs(log.speeds(killed_at - 1))).max(axis=1))
    standstill_s = (moving[-1] + 1) * PERIOD_S
    assert standstill_s <= CONTRACT.deadlines.chunk_age_s + 0.5 + 0.5

    held = log.positions[-1]
    assert not graph.monitor.success
    stack.start()
    graph.wait_until(
        lambda: np.abs(log.positions[-1] - held).max() > 0.05, 180.0, 'motion to resume'
    )
    graph.wait_until(lambda: graph.monitor.success, 180.0, 'success after the restart')
    assert np.nanmax(np.abs(np.diff(log.speeds(), axis=0)) / PERIOD_S / acceleration) <= 1 + 1e-6
