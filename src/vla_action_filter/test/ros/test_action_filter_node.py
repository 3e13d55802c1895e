import threading

from moving_robot import CELL, Robot
import numpy as np
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from std_msgs.msg import Bool, String
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_contract.ros.messages.joints import chunk_to_msg, point_to_msg
from vla_contract.ros.qos import COMMAND
from vla_contract.ros.testing import wait_for_arrival
from vla_contract.stamps import from_stamp
from vla_contract.values import ActionChunk, to_ns


def cycles(node, count: int):
    """Return a condition: so many more cycles of the filter have passed."""
    wanted = node._filter.counters['cycles'] + count
    return lambda: node._filter.counters['cycles'] >= wanted


def test_it_arms_without_a_word(node, robot):
    robot.wait(cycles(node, 20))
    assert robot.commands == []


def test_motion_begins_with_a_slow_point_where_the_arm_is(robot):
    robot.send_chunk(0.2)
    robot.wait(lambda: robot.commands)
    first = robot.commands[0]
    assert len(first.points) == 1
    assert list(first.points[0].positions) == pytest.approx(CELL.home)
    assert list(first.points[0].velocities) == [0.0] * 8
    ahead_ns = from_stamp(first.header.stamp) - robot.now_ns()
    assert to_ns(0.1) < ahead_ns < to_ns(0.3)


def test_trajectories_begin_in_the_past_and_end_at_rest(robot):
    robot.send_chunk(0.5)
    robot.wait(lambda: len(robot.commands) > 20)
    for msg in robot.commands[5:]:
        assert list(msg.points[-1].velocities) == [0.0] * 8
        assert len(msg.points) >= 2
    assert from_stamp(robot.commands[-1].header.stamp) < robot.now_ns()


def test_a_chunk_moves_the_arm_and_its_end_is_held(robot):
    robot.send_chunk(0.2)
    robot.wait(lambda: robot.position[0] > 0.15)
    robot.wait(lambda: robot.statuses[-1] == 'hold: chunk stale')
    still = robot.position[0]
    robot.wait(robot.rests_silently)
    assert robot.position[0] == pytest.approx(still, abs=0.05)


def test_activated_at_once_it_waits_for_an_arm_that_follows_late(node, make_robot, monkeypatch):
    robot = make_robot(tracking_latency_s=2.0)
    robot.send_chunk(1.0)
    robot.wait(lambda: robot.position[0] > 0.05)
    node.trigger_deactivate()
    stopped_ns = robot.now_ns()
    told = []
    monkeypatch.setattr(
        node, '_send', lambda orders: told.append((robot.now_ns(), orders.result.command))
    )
    node.trigger_activate()
    robot.position = robot.position + 0.1  # where it gets to while nothing is commanded
    robot.wait(lambda: told and told[-1][1] is not None)
    assert told[0][0] - stopped_ns >= 1_900_000_000
    assert told[-1][1] == pytest.approx(robot.position)


def test_deactivated_it_brakes_in_real_time_however_slow_its_cycles_are(node, robot, monkeypatch):
    robot.send_chunk(2.5)
    robot.wait(lambda: robot.position[0] > 0.3)
    send, behind_ms = node._send, []

    def send_slowly(orders) -> None:
        threading.Event().wait(0.01)
        send(orders)
        if orders.curve:
            newest_ns = max(time_ns for time_ns, *_ in orders.curve[:-1] or orders.curve)
            behind_ms.append((node.now_ns() - newest_ns) / 1e6)

    monkeypatch.setattr(node, '_send', send_slowly)
    node.trigger_deactivate()
    # Commands are given out 50 ms before they are due.
    assert max(behind_ms) < 0.0


def test_deactivated_it_lets_fingers_come_to_where_they_are_told(node, robot):
    """Left midway they would be brought there by the first slow point of the next motion."""
    positions = np.tile(CELL.home, (16, 1))
    positions[:, -1] = CELL.joints[-1].closed
    chunk = ActionChunk(robot.now_ns(), to_ns(0.1), positions)
    robot.chunks.publish(chunk_to_msg(chunk, CELL.joint_names))
    robot.wait(lambda: robot.position[-1] > 0.1)
    assert robot.position[-1] < 0.5
    node.trigger_deactivate()
    robot.wait(lambda: robot.position[-1] == pytest.approx(CELL.joints[-1].closed), 10.0)


def test_wrong_joint_names_are_refused(node, robot):
    robot.send_chunk(0.5, names=['x', *CELL.joint_names[1:]])
    robot.wait(cycles(node, 50))
    assert robot.position == pytest.approx(CELL.home)
    assert robot.statuses[-1] == 'hold: no chunk'


def test_e_stop_latches_until_the_reset_service(robot):
    robot.send_chunk(1.0)
    robot.wait(lambda: robot.position[0] > 0.05)
    robot.e_stop.publish(Bool(data=True))
    robot.wait(lambda: robot.statuses[-1] == 'latched: e_stop')
    assert not robot.is_reset()
    robot.e_stop.publish(Bool(data=False))
    robot.wait(lambda: robot.statuses[-1].startswith('latched: e_stop released'))
    robot.wait(robot.rests_silently)
    still = robot.position[0]
    robot.wait(robot.is_reset)
    robot.wait(lambda: robot.statuses[-1] == 'hold: no chunk')
    assert robot.position[0] == pytest.approx(still, abs=1e-6)


def test_two_publishers_of_chunks_hold_the_arm(robot):
    robot.send_chunk(1.0)
    robot.wait(lambda: robot.position[0] > 0.05)
    second = robot.node.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
    robot.wait(lambda: robot.statuses[-1] == 'hold: policy_chunk has 2 publishers')
    robot.node.destroy_publisher(second)
    robot.wait(lambda: robot.statuses[-1] == 'hold: no chunk')


def test_single_actions_are_taken_when_told(make_robot):
    robot = make_robot(input='policy_action')
    actions = robot.node.create_publisher(JointTrajectoryPoint, 'policy_action', COMMAND)
    robot.wait(lambda: actions.get_subscription_count() == 1)
    target = CELL.home.copy()
    target[0] = 0.1
    actions.publish(point_to_msg(target, to_ns(0.1)))
    robot.wait(lambda: abs(robot.position[0] - 0.1) < 0.01)


def test_a_dry_run_reports_and_commands_nothing(make_robot):
    robot = make_robot(dry_run=True)
    robot.wait(lambda: robot.chunks.get_subscription_count() == 1)
    robot.send_chunk(0.3)
    robot.wait(lambda: {'pass', 'hold: chunk stale'} <= set(robot.statuses))
    assert robot.commands == []


def test_plain_numbers_are_commanded_when_told(make_robot):
    robot = make_robot(command_interface='forward')
    numbers = robot.numbers
    robot.wait(lambda: robot.chunks.get_subscription_count() == 1)
    robot.send_chunk(0.2)
    robot.wait(lambda: numbers and numbers[-1][0] > 0.01)
    assert numbers[0] == pytest.approx(CELL.home.tolist(), abs=1e-3)

    assert robot.commands == []


def test_a_second_publisher_of_commands_holds_the_arm(robot):
    robot.send_chunk(1.0)
    robot.wait(lambda: robot.position[0] > 0.05)
    topic = 'joint_trajectory_controller/joint_trajectory'
    second = robot.node.create_publisher(JointTrajectory, topic, COMMAND)
    robot.wait(lambda: 'has 2 publishers' in robot.statuses[-1])
    robot.node.destroy_publisher(second)
    robot.wait(lambda: robot.statuses[-1] == 'hold: no chunk')


def test_a_heartbeat_that_ends_stops_the_arm_until_it_is_activated_anew(node, robot):
    watch = robot.node.create_publisher(String, 'watch', COMMAND)
    robot.wait(lambda: watch.get_subscription_count() == 1)
    watch.publish(String(data='rollout'))
    robot.send_chunk(0.2)
    robot.wait(lambda: robot.statuses[-1] == 'hold: unwatched: rollout has ended; activate anew')
    watch.publish(String(data='rollout'))
    robot.wait(cycles(node, 20))
    assert robot.statuses[-1].startswith('hold: unwatched')
    node.trigger_deactivate()
    node.trigger_activate()
    robot.wait(lambda: robot.statuses[-1] == 'hold: no chunk')


def test_a_heartbeat_that_waits_for_a_late_cycle_is_heard_in_time(node, robot):
    watch = robot.node.create_publisher(String, 'watch', COMMAND)
    robot.wait(lambda: watch.get_subscription_count() == 1)
    watch.publish(String(data='rollout'))
    robot.wait(lambda: node._filter._outside._watch._heard_ns is not None)
    node._read_inputs(node.now_ns())
    now_ns = node.now_ns
    robot.now_ns = node.now_ns = lambda: now_ns() + to_ns(0.6)
    watch.publish(String(data='rollout'))
    robot.measure()
    wait_for_arrival(node._watch)
    wait_for_arrival(node._joints._subscriptions[0][1])
    robot.wait(cycles(node, 1))
    assert node._report.result.reasons == ('no chunk',)


def test_without_a_heartbeat_nothing_moves_where_one_is_required(node, ros):
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    robot = Robot(executor)
    node._parameters['require_watch'] = Parameter('require_watch', value=True)
    node.trigger_configure()
    node.trigger_activate()
    robot.wait(lambda: robot.chunks.get_subscription_count() == 1)
    robot.send_chunk(0.5)
    robot.wait(lambda: 'hold: unwatched: no heartbeat on topic watch' in robot.statuses)
    robot.wait(cycles(node, 50))
    assert robot.commands == []
    node.shut_down()
    executor.shutdown()
    robot.node.destroy_node()


def test_an_arm_that_is_moved_while_latched_is_not_thrown_back(node, robot):
    """A controller that is switched on again must not find an old command."""
    robot.send_chunk(1.0)
    robot.wait(lambda: robot.position[0] > 0.05)
    robot.e_stop.publish(Bool(data=True))
    robot.wait(lambda: robot.statuses[-1] == 'latched: e_stop')
    robot.wait(robot.rests_silently)
    moved = robot.position + 0.5
    robot.position = moved
    robot.wait(cycles(node, 50))
    assert robot.commands == []
    robot.e_stop.publish(Bool(data=False))
    robot.wait(robot.is_reset)
    robot.wait(lambda: robot.statuses[-1] == 'hold: no chunk')
    assert node._report.result.command[:7] == pytest.approx(moved[:7])
