import time

import numpy as np
import pytest
import rclpy
from trajectory_msgs.msg import JointTrajectory
from vla_contract.joints.joint_messages import JointReader, largest_chunk_bytes, LONGEST_CHUNK
from vla_contract.ros.listening.bounded import subscribe_bounded
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.qos import COMMAND
from vla_contract.values import ActionChunk

NAMES = tuple(f'a_joint_with_quite_a_long_name_{i}' for i in range(8))


class Ends:
    """A publisher of chunks, and the bounded subscription."""

    def __init__(self) -> None:
        self.node = rclpy.create_node('ends')
        self.chunks: list[ActionChunk] = []
        self.refusals: list[str] = []
        self._publisher = self.node.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
        reader = JointReader(NAMES, 'policy_chunk')
        largest = largest_chunk_bytes(len(NAMES))
        subscribe_bounded(
            self.node,
            JointTrajectory,
            'policy_chunk',
            lambda msg: self.chunks.append(reader.chunk(msg)),
            COMMAND,
            largest,
            self.refusals.append,
        )

    def send(self, points: int) -> float:
        """Send a chunk until something is made of it; returns how long that took at most [s]."""
        chunk = ActionChunk(10**9, 10**7, np.zeros((points, len(NAMES))))
        message = chunk_to_msg(chunk, NAMES)
        self._wait(lambda: self._publisher.get_subscription_count() == 1)
        self._publisher.publish(message)
        return self._wait(lambda: self.chunks or self.refusals)

    def _wait(self, condition) -> float:
        longest_s, deadline = 0.0, time.monotonic() + 60.0
        while not condition():
            assert time.monotonic() < deadline, 'condition not met in time'
            begin = time.thread_time()
            rclpy.spin_once(self.node, timeout_sec=0.02)
            longest_s = max(longest_s, time.thread_time() - begin)
        return longest_s


@pytest.fixture
def ends(ros):
    ends = Ends()
    yield ends
    ends.node.destroy_node()


def test_the_longest_chunk_is_taken(ends):
    ends.send(LONGEST_CHUNK)
    assert not ends.refusals
    assert len(ends.chunks[0].positions) == LONGEST_CHUNK


def test_a_larger_message_is_refused_by_its_size(ends):
    ends.send(5000)
    assert not ends.chunks
    assert ends.refusals[0].startswith('policy_chunk: found a message of 4')
    assert ends.refusals[0].endswith('; allowed: 52832')


def test_refusing_takes_no_longer_for_a_hundred_times_as_much(ends):
    # Unpacking so many points takes more than a second.
    assert ends.send(100_000) < 0.1
    assert ends.refusals
