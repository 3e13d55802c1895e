from dataclasses import replace
import time

import numpy as np
import pytest
import rclpy
from sensor_msgs.msg import JointState
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.listening import joint_states_reader
from vla_contract.ros.listening.joint_states_reader import JointStatesReader
from vla_contract.ros.messages.stamps import to_time
from vla_contract.values import JointSample

CELL = load_cell('panda_table')
NAMES = CELL.joint_names
NAN = float('nan')


class Desk:
    """A reader, and drivers on the topics it reads."""

    def __init__(self, topics=('joint_states',)) -> None:
        self.node = rclpy.create_node('desk')
        robot = replace(CELL.robot, joint_states=topics)
        cell = replace(CELL, robots=(replace(CELL.robots[0], robot=robot),))
        self.reader = JointStatesReader(self.node, cell)
        self.drivers = [self.node.create_publisher(JointState, topic, 500) for topic in topics]
        for driver in self.drivers:
            self.wait(lambda driver=driver: driver.get_subscription_count() == 1)

    def wait(self, condition) -> None:
        deadline = time.monotonic() + 30.0
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def send(self, stamp_ns, names, position, driver=0, frame='', **fields) -> None:
        msg = JointState(name=list(names), position=list(position), **fields)
        msg.header.stamp = to_time(stamp_ns)
        msg.header.frame_id = frame
        self.drivers[driver].publish(msg)

    def poll_until(self, condition) -> JointSample:
        """Poll until a sample holds a condition."""
        kept: list[JointSample] = []

        def found() -> bool:
            sample = self.reader.poll(99)
            if sample is not None:
                kept.append(sample)
            return bool(kept) and condition(kept[-1])

        self.wait(found)
        return kept[-1]


@pytest.fixture
def desk(ros):
    desk = Desk()
    yield desk
    desk.node.destroy_node()


def test_joints_of_separate_messages_are_merged(desk):
    desk.send(5, NAMES[:7], [1.0] * 7)
    desk.send(6, [NAMES[7], 'wheel'], [0.3, 9.0], effort=[NAN, 1.0])
    sample = desk.poll_until(lambda sample: True)
    assert sample.position.tolist() == [1.0] * 7 + [0.3]
    assert sample.stamps_ns.tolist() == [5] * 7 + [6]
    assert sample.arrivals_ns.tolist() == [99] * 8
    assert desk.reader.poll(100) is None


def test_several_topics_are_merged(ros):
    desk = Desk(('joint_states', 'gripper/joint_states'))
    assert desk.reader.missing == 'no joint_states'
    desk.send(5, NAMES[:7], [1.0] * 7, driver=0)
    desk.send(5, [NAMES[7]], [0.3], driver=1)
    assert desk.poll_until(lambda sample: True).position[7] == 0.3
    desk.node.destroy_node()


def test_of_a_burst_only_the_newest_of_each_driver_is_decoded(desk, monkeypatch):
    decoded = []
    decode = joint_states_reader.deserialize_message

    def counted(data, kind):
        decoded.append(data)
        return decode(data, kind)

    monkeypatch.setattr(joint_states_reader, 'deserialize_message', counted)
    for k in range(1, 101):
        desk.send(k, NAMES[:7], [float(k)] * 7, frame='base')
        desk.send(k, NAMES[6:], [float(k)] * 2)
    sample = desk.poll_until(lambda sample: sample.position[7] == 100.0)
    assert sample.position.tolist() == [100.0] * 8
    assert len(decoded) < 50


def test_a_newest_message_with_a_gap_does_not_hide_the_one_before_it(desk):
    desk.send(5, NAMES, [1.0] * 8)
    desk.send(6, NAMES, [NAN] + [2.0] * 7)
    sample = desk.poll_until(lambda sample: sample.position[1] == 2.0)
    assert sample.position.tolist() == [1.0] + [2.0] * 7


def test_a_message_that_cannot_be_read_is_counted_and_said(desk):
    desk.send(5, [*NAMES, NAMES[0]], [0.0] * 9)
    desk.send(5, NAMES, [0.0] * 3)
    desk.wait(lambda: desk.reader.poll(9) is not None or desk.reader.rejected == 2)
    assert 'found 3 positions for 8 joints' in desk.reader.problem


@pytest.mark.parametrize('frame', ['', 'a', 'ab', 'abc', 'abcd'])
def test_names_are_found_behind_frames_of_any_length(desk, frame):
    desk.send(5, NAMES, np.arange(8.0), frame=frame)
    desk.send(6, [*NAMES[:-1], 'other'], np.arange(8.0) + 1.0, frame=frame)
    sample = desk.poll_until(lambda sample: sample.position[0] == 1.0)
    assert sample.position[7] == 7.0


def test_bytes_that_are_no_joint_state_are_counted(desk):
    desk.drivers[0].publish(b'\x00\x01\x00\x00' + b'\xff' * 40)
    desk.send(5, NAMES, [0.0] * 8)
    desk.poll_until(lambda sample: True)
    assert desk.reader.rejected == 1


def test_a_message_that_takes_too_long_to_look_through_is_refused_by_its_size(desk):
    names = [*NAMES, *(f'other{k}' for k in range(20_000))]
    desk.send(5, names, [0.0] * len(names))
    desk.send(5, NAMES, [0.0] * 8)
    desk.poll_until(lambda sample: True)
    desk.wait(lambda: desk.reader.rejected == 1 or desk.reader.poll(9) is not None)
    assert 'allowed: 65536' in desk.reader.problem
