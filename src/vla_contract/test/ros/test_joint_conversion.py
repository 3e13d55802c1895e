import time

import numpy as np
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory
from vla_contract.errors import ContractError, NameMismatchError
from vla_contract.joints.joint_messages import JointReader, largest_chunk_bytes, LONGEST_CHUNK
from vla_contract.ros.messages.joints import chunk_to_msg, joints_to_msg
from vla_contract.values import ActionChunk, JointSample

NAMES = ('a', 'b', 'c')


def test_joints_round_trip():
    sample = JointSample(1_234_567_890, np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.2, 0.3]))
    again = JointReader(NAMES, 'joint_states').sample(joints_to_msg(sample, NAMES))
    assert again.stamp_ns == sample.stamp_ns
    assert again.position.tolist() == sample.position.tolist()
    assert again.velocity.tolist() == sample.velocity.tolist()


def test_joints_are_read_by_name_not_by_position():
    msg = JointState(name=['c', 'x', 'a', 'b'], position=[3.0, 9.0, 1.0, 2.0])
    sample = JointReader(NAMES, 'joint_states').sample(msg)
    assert sample.position.tolist() == [1.0, 2.0, 3.0]
    assert np.isnan(sample.velocity).all()


def test_a_chunk_round_trips():
    chunk = ActionChunk(5_000_000_001, 100_000_000, np.arange(12.0).reshape(4, 3))
    again = JointReader(NAMES, 'policy_chunk').chunk(chunk_to_msg(chunk, NAMES))
    assert (again.stamp_ns, again.period_ns) == (chunk.stamp_ns, chunk.period_ns)
    assert np.array_equal(again.positions, chunk.positions)


def test_missing_joints_are_named():
    with pytest.raises(NameMismatchError, match='policy_chunk: missing c'):
        msg = chunk_to_msg(ActionChunk(0, 1000, np.zeros((2, 2))), ('a', 'b'))
        JointReader(NAMES, 'policy_chunk').chunk(msg)


def test_a_short_position_is_refused():
    msg = JointState(name=['a', 'b', 'c'], position=[1.0, 2.0])
    with pytest.raises(ContractError, match='found 2 positions for 3 joints'):
        JointReader(NAMES, 'joint_states').sample(msg)


def test_an_empty_chunk_is_refused():
    with pytest.raises(ContractError, match='found no points'):
        JointReader(NAMES, 'policy_chunk').chunk(JointTrajectory(joint_names=list(NAMES)))


def test_a_chunk_that_is_too_long_is_refused_by_its_length():
    class Unread(list):
        def __iter__(self):
            pytest.fail('a point was looked at')

        __getitem__ = __iter__

    class Message:
        joint_names = NAMES
        points = Unread([None] * 5000)

    with pytest.raises(ContractError, match='policy_chunk: found 5000 points; allowed: 1 to 500'):
        JointReader(NAMES, 'policy_chunk').chunk(Message())


def test_the_longest_chunk_is_converted_within_an_overrun():
    msg = chunk_to_msg(ActionChunk(0, 1_000_000, np.zeros((LONGEST_CHUNK, 3))), NAMES)
    reader = JointReader(NAMES, 'policy_chunk')
    begin = time.thread_time()
    assert len(reader.chunk(msg).positions) == LONGEST_CHUNK
    assert time.thread_time() - begin < 0.05


def test_a_serialised_chunk_is_as_large_as_said():
    names = [f'{"n" * 59}{k}' for k in range(8)]
    chunk = ActionChunk(0, 1_000_000, np.zeros((LONGEST_CHUNK, 8)))
    size = len(serialize_message(chunk_to_msg(chunk, names)))
    assert 0.99 * largest_chunk_bytes(8) < size <= largest_chunk_bytes(8)


def test_a_message_with_thousands_of_joints_is_refused_by_their_number():
    msg = JointState(name=[f'joint{k}' for k in range(20_000)])
    with pytest.raises(ContractError, match='found 20000 joint names; allowed: 200'):
        JointReader(NAMES, 'joint_states').sample(msg)


def test_times_that_do_not_increase_are_refused():
    msg = chunk_to_msg(ActionChunk(0, 1_000_000, np.zeros((3, 3))), NAMES)
    msg.points[2].time_from_start.nanosec = 0
    with pytest.raises(ContractError, match='evenly spaced'):
        JointReader(NAMES, 'policy_chunk').chunk(msg)
