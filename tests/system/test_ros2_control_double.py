"""The double of ros2_control keeps the rules of its source, computed here by hand."""

import math

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from support.fake_robot.arm import Arm, ServoModel
from support.fake_robot.forward_command_controller import (
    ForwardCommandController,
    ForwardParameters,
    UpdateError,
)
from support.fake_robot.gripper_action_controller import (
    GoalStatus,
    GripperActionController,
    GripperParameters,
)
from support.fake_robot.joint_state_broadcaster import BroadcasterParameters, JointStateBroadcaster
from support.fake_robot.joint_trajectory_controller import (
    JointTrajectoryController,
    TrajectoryParameters,
)
from support.fake_robot.messages import trajectory
from support.fake_robot.motor_log import motor_report, MotorLog, reversals
from support.fake_robot.ros2_control import Ros2Control
from support.fake_robot.setups import ARM, FORWARD, GRIPPER, setup
from support.fake_robot.trajectory import Point
from vla_contract.stamps import from_stamp

MS = 1_000_000
NOW = 1_795_899_528_000_000_000
NAN = math.nan


class Cycles:
    """A trajectory controller that is updated every millisecond, with a perfect arm at hand."""

    def __init__(self, joints=('a',), position=None, written=None, **parameters):
        self.controller = JointTrajectoryController(
            TrajectoryParameters(tuple(joints), **parameters), 1000.0
        )
        self.position = list(position or [0.0] * len(joints))
        self.velocity = [0.0] * len(joints)
        self.written = list(written or [NAN] * len(joints))
        self.time_ns = NOW
        self.controller.activate(
            Point(NOW, tuple(self.position), tuple(self.velocity)), self.written
        )

    def send(self, points, stamp_ns=0, joints=None):
        msg = trajectory(joints or self.controller.joints, points, stamp_ns)
        return self.controller.on_message(msg, self.time_ns)

    def run(self, count):
        """Return the first joint's command of every cycle."""
        commands = []
        for _ in range(count):
            self.time_ns += MS
            values = self.controller.update(
                self.time_ns, MS, self.position, self.velocity, self.written
            )
            if values is not None:
                self.written = list(values)
            commands.append(self.written[0])
        return commands


# Starting.


def test_it_holds_what_is_written_and_what_is_measured_where_nothing_is():
    assert Cycles(position=[0.2]).run(2) == [0.2, 0.2]
    assert Cycles(position=[0.2], written=[0.7]).run(2) == [0.7, 0.7]
    cycles = Cycles(
        position=[0.2],
        written=[0.7],
        set_last_command_interface_value_as_state_on_activation=False,
    )
    assert cycles.run(2) == [0.2, 0.2]


def test_from_the_measured_state_every_message_begins_where_the_arm_is():
    cycles = Cycles()
    cycles.run(3)
    cycles.send([(0.01, [1.0])])
    # Sampled one period ahead: a tenth of the way in the first cycle, all of it in the tenth.
    assert cycles.run(11) == pytest.approx([0.1 * k for k in range(1, 11)] + [1.0])
    # The arm has not moved, so a second message falls back: 0 + 1 / 10 of the way.
    cycles.send([(0.01, [1.0])])
    assert cycles.run(1) == pytest.approx([0.1])


def test_from_the_desired_state_a_message_goes_over_one_periods_way_twice():
    cycles = Cycles(interpolate_from_desired_state=True)
    cycles.run(3)
    cycles.send([(0.01, [1.0])])
    # last_commanded_time_ is the cycle before: 11 ms of way, of which 2 have gone by.
    first = [(k + 1) / 11 for k in range(1, 5)]
    assert cycles.run(4) == pytest.approx(first)
    # Now the command 5 / 11 stands under a time that is one period too early.
    cycles.send([(0.01, [1.0])])
    x = first[-1]
    assert cycles.run(2) == pytest.approx([x + (1 - x) * 2 / 11, x + (1 - x) * 3 / 11])


def test_only_the_newest_message_before_an_update_counts():
    cycles = Cycles()
    cycles.send([(0.01, [5.0])])
    cycles.send([(0.01, [1.0])])
    assert cycles.run(1) == pytest.approx([0.1])


# Sampling.


def test_positions_alone_are_joined_by_lines():
    cycles = Cycles()
    cycles.send([(0.01, [0.1]), (0.02, [0.0])])
    commands = cycles.run(20)
    assert commands[9] == pytest.approx(0.1)
    assert commands[14] == pytest.approx(0.05)


def test_velocities_make_cubics_and_accelerations_quintics():
    share = np.arange(1, 11) / 10
    cycles = Cycles()
    cycles.send([(0.01, [1.0], [0.0])])
    assert cycles.run(10) == pytest.approx(list(3 * share**2 - 2 * share**3))
    # The measured state has no accelerations; the first point's make them zero.
    cycles = Cycles()
    cycles.send([(0.01, [1.0], [0.0], [0.0])])
    assert cycles.run(10) == pytest.approx(list(10 * share**3 - 15 * share**4 + 6 * share**5))


def test_the_measured_velocity_is_where_a_cubic_begins():
    cycles = Cycles()
    cycles.velocity = [2.0]
    cycles.send([(0.01, [0.0], [0.0])])
    # 2 t (1 - t / 10 ms)^2 after 1 ms.
    assert cycles.run(1) == pytest.approx([2 * 0.001 * 0.9**2])


@given(
    st.lists(st.floats(-3, 3), min_size=6, max_size=6),
    st.floats(0.001, 2.0),
    st.booleans(),
)
def test_a_segment_meets_both_its_ends(values, duration_s, has_acceleration):
    x0, v0, a0, x1, v1, a1 = values
    accelerations = ([a1],) if has_acceleration else ()
    cycles = Cycles()
    stamp_ns = NOW - 1000 * MS
    first = (0.0, [x0], [v0], [a0]) if has_acceleration else (0.0, [x0], [v0])
    cycles.send([first, (1.0, [x1], [v1], *accelerations), (9.0, [x1], [0.0])], stamp_ns)
    cycles.run(1)
    segment = cycles.controller._trajectory
    start = segment.sample(NOW + MS)
    assert start is not None
    before = segment._segment(0).at(stamp_ns)
    after = segment._segment(0).at(stamp_ns + 1000 * MS)
    assert before.positions[0] == pytest.approx(x0, abs=1e-9)
    assert before.velocities[0] == pytest.approx(v0, abs=1e-9)
    assert after.positions[0] == pytest.approx(x1, abs=1e-8)
    assert after.velocities[0] == pytest.approx(v1, abs=1e-8)
    if has_acceleration:
        assert before.accelerations[0] == pytest.approx(a0, abs=1e-8)
        assert after.accelerations[0] == pytest.approx(a1, abs=1e-7)


@pytest.mark.parametrize('desired', [False, True])
def test_a_message_that_begins_in_the_past_is_sampled_inside_its_own_segments(desired):
    cycles = Cycles(position=[9.0], interpolate_from_desired_state=desired)
    cycles.run(3)
    cycles.send([(0.0, [0.0]), (0.04, [0.4])], stamp_ns=cycles.time_ns - 20 * MS)
    # 1 ms until the cycle, 1 ms ahead: 22 ms of 40. Where it was (9 rad) counts for nothing.
    assert cycles.run(2) == pytest.approx([0.22, 0.23])


def test_a_message_of_the_future_is_approached_from_now():
    cycles = Cycles()
    cycles.send([(0.01, [1.0])], stamp_ns=NOW + 11 * MS)
    # Begins at NOW + 1 ms, ends at NOW + 21 ms: a twentieth per cycle.
    assert cycles.run(2) == pytest.approx([0.05, 0.1])


def test_the_last_point_is_held():
    cycles = Cycles()
    cycles.send([(0.01, [1.0])])
    assert cycles.run(500)[-490:] == [1.0] * 490


def test_without_interpolation_the_next_point_is_written_at_once():
    cycles = Cycles(interpolation_method='none')
    cycles.send([(0.003, [1.0]), (0.005, [2.0])])
    assert cycles.run(6) == [0.0, 0.0, 2.0, 2.0, 2.0, 2.0]


# Accepting.


@pytest.mark.parametrize(
    ('points', 'stamp_ns', 'joints', 'line'),
    [
        (
            [(0.01, [0.0] * 3)],
            0,
            ['a', 'b', 'gripper'],
            "Joints on incoming trajectory don't match the controller joints.",
        ),
        (
            [(0.01, [0.0])],
            0,
            ['a'],
            "Joints on incoming trajectory don't match the controller joints.",
        ),
        (
            [(0.01, [0.0] * 2)],
            0,
            ['a', 'c'],
            "Incoming joint c doesn't match the controller's joints.",
        ),
        ([], 0, ['a', 'b'], 'Empty trajectory received.'),
        (
            [(0.01, [0.0] * 2, [0.0, 0.5])],
            0,
            ['a', 'b'],
            'Velocity of last trajectory point of joint b is not zero: 0.500000000000000',
        ),
        (
            [(0.01, [0.0] * 2)],
            5_000_000_000,
            ['a', 'b'],
            'Received trajectory with non-zero start time (5.000000) that ends in the past '
            '(5.010000)',
        ),
        (
            [(0.01, [0.0] * 2), (0.01, [0.0] * 2)],
            0,
            ['a', 'b'],
            'Time between points 0 and 1 is not strictly increasing, it is 0.010000 and 0.010000 '
            'respectively',
        ),
        (
            [(0.01, [0.0])],
            0,
            ['a', 'b'],
            'Mismatch between joint_names size (2) and positions (1) at point #0.',
        ),
        (
            [(0.01, [0.0] * 2, [0.0])],
            0,
            ['a', 'b'],
            'Mismatch between joint_names size (2) and velocities (1) at point #0.',
        ),
        (
            [(0.01, [0.0] * 2, [], [], [1.0, 1.0])],
            0,
            ['a', 'b'],
            'Trajectories with effort fields are only supported for controllers using the '
            "'effort' command interface.",
        ),
    ],
)
def test_a_bad_message_is_refused_in_the_controllers_words(points, stamp_ns, joints, line):
    cycles = Cycles(joints=('a', 'b'))
    assert not cycles.send(points, stamp_ns, joints)
    assert cycles.controller.errors == [line]
    assert cycles.run(3) == [0.0] * 3


def test_a_velocity_at_the_end_passes_where_it_is_allowed_or_tiny():
    point = [(0.01, [0.0], [0.5])]
    assert Cycles(allow_nonzero_velocity_at_trajectory_end=True).send(point)
    assert Cycles().send([(0.01, [0.0], [1.1e-7])])


def test_a_subset_needs_leave_and_the_rest_stays_where_it_was_told_to_be():
    cycles = Cycles(
        joints=('a', 'b'), position=[0.0, 0.5], written=[0.0, 0.6], allow_partial_joints_goal=True
    )
    cycles.run(1)
    assert cycles.send([(0.001, [1.0])], joints=['a'])
    cycles.run(1)
    assert cycles.written == pytest.approx([1.0, 0.6])
    # A superset never passes.
    assert not cycles.send([(0.001, [0.0] * 3)], joints=['a', 'b', 'c'])
    assert cycles.controller.errors == ["Incoming joint c doesn't match the controller's joints."]


def test_values_go_by_name():
    cycles = Cycles(joints=('a', 'b'))
    cycles.send([(0.001, [1.0, 2.0])], joints=['b', 'a'])
    cycles.run(1)
    assert cycles.written == pytest.approx([2.0, 1.0])


def test_nan_is_not_looked_for():
    cycles = Cycles()
    assert cycles.send([(0.001, [NAN])])
    assert math.isnan(cycles.run(1)[0])


def test_an_inactive_controller_says_nothing_and_forgets():
    cycles = Cycles()
    cycles.controller.deactivate()
    assert not cycles.send([(0.001, [1.0])])
    cycles.controller.activate(Point(NOW, (0.0,), (0.0,)), [0.0])
    assert cycles.run(3) == [0.0] * 3
    assert cycles.controller.errors == []


# Time-outs and tolerances.


def test_the_time_out_counts_from_the_last_point_and_holds_the_measured_position():
    cycles = Cycles(cmd_timeout=0.5)
    cycles.send([(0.01, [1.0])])
    cycles.position = [0.97]
    # The cycle in which more than 0.5 s have passed still writes the last point.
    commands = cycles.run(512 + 5)
    assert commands[511] == 1.0
    assert commands[512:] == [0.97] * 5
    assert cycles.controller.warnings == ['Aborted due to command timeout']
    # Holding does not time out.
    cycles.run(1000)
    assert len(cycles.controller.warnings) == 1


def test_a_time_out_not_above_goal_time_is_off():
    cycles = Cycles(cmd_timeout=0.5, goal_time=0.5)
    assert cycles.controller.warnings == [
        'Command timeout must be higher than goal_time tolerance (0.500000 vs. 0.500000)'
    ]
    cycles.send([(0.01, [1.0])])
    cycles.position = [0.97]
    assert cycles.run(1000)[-1] == 1.0


def test_a_violated_path_tolerance_holds_the_measured_position():
    cycles = Cycles(trajectory_tolerance=0.05)
    cycles.send([(0.1, [1.0])])
    commands = cycles.run(10)
    assert max(commands) == pytest.approx(0.06)
    assert commands[-1] == 0.0
    assert cycles.controller.errors == ['Holding position due to state tolerance violation']


# Speed scaling.


@pytest.mark.parametrize(('uses_scaling', 'commands'), [(True, [0.1, 0.15, 0.2]), (False, None)])
def test_trajectory_time_goes_by_at_the_share_that_the_robot_permits(uses_scaling, commands):
    cycles = Cycles(uses_speed_scaling=uses_scaling)
    cycles.controller.speed_scaling = 0.5
    cycles.send([(0.01, [1.0])])
    # The first sample is by the clock, one whole period ahead, as all are.
    assert cycles.run(3) == pytest.approx(commands or [0.1, 0.2, 0.3])


# Forward controllers.


def test_a_forward_controller_writes_the_last_command_and_nothing_before_it():
    controller = ForwardCommandController(ForwardParameters(('a', 'b')))
    assert not controller.on_message([1.0, 2.0])
    controller.activate()
    assert controller.update() is None
    assert controller.on_message([1.0, 2.0])
    assert [controller.update() for _ in range(3)] == [(1.0, 2.0)] * 3
    controller.deactivate()
    controller.activate()
    assert controller.update() is None


def test_a_forward_controller_drops_what_is_not_finite_and_fails_on_a_wrong_size():
    controller = ForwardCommandController(ForwardParameters(('a', 'b')))
    controller.activate()
    controller.on_message([1.0, 2.0])
    for bad in (NAN, math.inf):
        assert not controller.on_message([1.0, bad])
    assert controller.update() == (1.0, 2.0)
    assert controller.warnings == ['Non-finite value received. Dropping message'] * 2
    controller.on_message([1.0, 2.0, 3.0])
    with pytest.raises(UpdateError, match=r'command size \(3\) does not match number of '):
        controller.update()


# Grippers.


def gripper(**parameters):
    controller = GripperActionController(GripperParameters('gripper', **parameters))
    controller.activate(0.0)
    return controller


def test_a_gripper_goal_is_the_command_of_the_next_update():
    controller = gripper()
    assert controller.update(NOW, 0.0, 0.0) == 0.0
    goal = controller.on_goal(0.8, NOW)
    assert controller.update(NOW + MS, 0.0, 0.0) == 0.8
    assert goal.status is GoalStatus.EXECUTING


def test_a_gripper_succeeds_within_its_tolerance_and_says_so_with_its_monitor():
    controller = gripper()
    goal = controller.on_goal(0.8, NOW)
    controller.update(NOW + 3 * MS, 0.795, 1.0)
    assert (goal.status, goal.reached_goal, goal.stalled) == (GoalStatus.SUCCEEDED, True, False)
    # action_monitor_rate: 20 Hz from the acceptance.
    assert goal.result_ns == NOW + 50 * MS


@pytest.mark.parametrize(
    ('allow_stalling', 'status'), [(True, GoalStatus.SUCCEEDED), (False, GoalStatus.ABORTED)]
)
def test_a_gripper_that_does_not_move_for_the_time_out_has_stalled(allow_stalling, status):
    controller = gripper(allow_stalling=allow_stalling)
    goal = controller.on_goal(0.8, NOW)
    controller.update(NOW + 500 * MS, 0.4, 0.01)
    controller.update(NOW + 1500 * MS, 0.4, 0.0)
    assert goal.status is GoalStatus.EXECUTING
    controller.update(NOW + 1501 * MS, 0.4, 0.0)
    assert (goal.status, goal.reached_goal, goal.stalled) == (status, False, True)
    assert goal.result_position == 0.4


def test_a_second_gripper_goal_cancels_the_first_and_a_cancel_holds():
    controller = gripper()
    first, second = controller.on_goal(0.8, NOW), controller.on_goal(0.2, NOW)
    assert first.status is GoalStatus.CANCELED
    controller.cancel(NOW, measured=0.1)
    assert second.status is GoalStatus.CANCELED
    assert controller.update(NOW, 0.1, 0.0) == 0.1


def test_a_gripper_has_no_server_before_it_was_active_and_a_deaf_one_afterwards():
    controller = GripperActionController(GripperParameters('gripper'))
    assert controller.on_goal(0.8, NOW) is None
    controller.activate(0.0)
    controller.deactivate()
    goal = controller.on_goal(0.8, NOW)
    assert goal.status is GoalStatus.EXECUTING


def test_a_parallel_gripper_takes_one_position():
    controller = gripper(is_parallel=True)
    assert controller.on_goal([0.1, 0.2], NOW) is None
    assert controller.errors == [
        'Received action goal with wrong number of position values, expects 1, got 2'
    ]
    assert controller.on_goal([0.1], NOW).position == 0.1


# The arm and what is published of it.


def arm(lag_s=0.02, dead_time_s=0.005, **model):
    return Arm(('b', 'a'), (0.0, 0.0), ServoModel(lag_s, dead_time_s, **model), 0.001)


def test_the_arm_follows_after_its_dead_time_by_its_lag():
    servo = arm()
    servo.step([0.0, 0.0])
    positions = []
    for _ in range(300):
        servo.step([1.0, NAN])
        positions.append(servo.position[0])
    assert positions[:5] == [0.0] * 5
    assert positions[24] == pytest.approx(1 - math.exp(-1))
    assert positions[-1] == pytest.approx(1.0, abs=1e-6)
    assert servo.position[1] == 0.0


def test_an_arm_sags_and_feels_its_load():
    servo = arm(standing_error={'a': -0.03}, stiffness=100.0)
    for _ in range(1000):
        servo.step([0.5, 0.5])
    assert servo.position == pytest.approx([0.5, 0.47])
    assert servo.effort == pytest.approx([0.0, 0.0], abs=1e-9)
    assert math.isnan(arm().effort[0])


def test_a_broadcaster_fills_nan_for_interfaces_that_are_not_there():
    parameters = BroadcasterParameters(
        ('b', 'a'), no_effort=('a',), no_velocity=('b',), foreign_joints=('lift',)
    )
    broadcaster = JointStateBroadcaster(parameters, arm(stiffness=1.0))
    msg = broadcaster.update(NOW)
    assert msg.name == ['a', 'b', 'lift']
    assert [math.isnan(v) for v in msg.velocity] == [False, True, False]
    assert len(msg.effort) == 3
    assert math.isnan(msg.effort[0])


@pytest.mark.parametrize(('rate_hz', 'count'), [(1000.0, 1000), (100.0, 100), (30.0, 30)])
def test_a_broadcaster_keeps_its_rate(rate_hz, count):
    broadcaster = JointStateBroadcaster(BroadcasterParameters(('a',), rate_hz=rate_hz), arm())
    messages = [broadcaster.update(NOW + k * MS) for k in range(1000)]
    assert sum(msg is not None for msg in messages) == count


@pytest.mark.parametrize(
    ('stamps', 'offset_s', 'expected_ns'),
    [('real', 0.0, NOW), ('zero', 0.0, 0), ('offset', -2.0, NOW - 2000 * MS)],
)
def test_a_broadcaster_stamps_by_the_clock_that_its_machine_has(stamps, offset_s, expected_ns):
    parameters = BroadcasterParameters(('a',), stamps=stamps, offset_s=offset_s)
    msg = JointStateBroadcaster(parameters, arm()).update(NOW)
    assert from_stamp(msg.header.stamp) == expected_ns


def test_split_joint_states_come_in_two_messages():
    robot = Ros2Control(setup('split', splits_joint_states=True))
    messages = robot.advance_to(robot.now_ns + 1000 * MS)
    sizes = [len(msg.name) for msg in messages]
    assert (sizes.count(7), sizes.count(1)) == (100, 50)


# The controller manager.


def test_a_joint_belongs_to_one_active_controller():
    robot = Ros2Control(setup('all_joints'))
    spare = Ros2Control(setup('forward')).controllers[FORWARD]
    robot.controllers[FORWARD] = spare
    spare.deactivate()
    robot._columns[FORWARD] = robot._columns[ARM]
    assert not robot.switch(FORWARD, True)
    assert robot.switch(ARM, False)
    assert robot.switch(FORWARD, True)


def test_a_guided_joint_stays_where_the_hand_left_it_and_a_held_one_goes_back():
    robot = Ros2Control(setup('all_joints'))
    robot.advance_to(robot.now_ns + 100 * MS)
    joint = robot.setup.joints[0]
    robot.moved_by_hand(joint, 0.3)
    robot.advance_to(robot.now_ns + 500 * MS)
    assert robot.arm.position[0] == pytest.approx(0.0, abs=1e-6)
    robot.switch(ARM, False)
    robot.moved_by_hand(joint, 0.3)
    robot.advance_to(robot.now_ns + 500 * MS)
    robot.switch(ARM, True)
    robot.advance_to(robot.now_ns + 500 * MS)
    assert robot.arm.position[0] == pytest.approx(0.3)


def test_a_gripper_action_moves_the_gripper_of_the_robot():
    robot = Ros2Control(setup('gripper_action'))
    goal = robot.controllers[GRIPPER].on_goal(0.8, robot.now_ns)
    robot.advance_to(robot.now_ns + 1000 * MS)
    assert goal.reached_goal
    assert robot.arm.position[-1] == pytest.approx(0.8, abs=1e-6)


# The report.


def test_the_report_finds_the_worst_share_of_every_kind():
    log = MotorLog(('a', 'b'), 10)
    # A step of 2 mm in 1 ms, then rest: 2 rad/s, 2000 rad/s^2.
    for k, value in enumerate([0.0, 0.0, 0.002, 0.002]):
        log.add(NOW + k * MS, (value, 0.0), (0.0, value / 2))
    report = motor_report(log, ['a'], {'a': 1.0}, {'a': 1000.0}, refused=3)
    assert (report.velocity, report.acceleration) == pytest.approx((2.0, 2.0))
    assert (report.arm_velocity, report.refused, report.extra_reversals) == (0.0, 3, 0)
    report = motor_report(log, ['b'], {'b': 1.0}, {'b': 1000.0})
    assert (report.velocity, report.arm_velocity) == pytest.approx((0.0, 1.0))


def test_the_log_keeps_the_newest():
    log = MotorLog(('a',), 3)
    for k in range(5):
        log.add(k, (float(k),), (0.0,))
    assert list(log.times_ns) == [2, 3, 4]
    assert list(log.commands[:, 0]) == [2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ('path', 'count'),
    [
        ([], 0),
        ([0.0, 1.0, 2.0], 0),
        ([0.0, 1.0, 0.0], 1),
        ([0.0, 1.0, 1.0, 0.5, 0.5, 1.0], 2),
        ([0.0, 1.0, 1.0 - 1e-7, 1.0], 0),
        ([1e-7, 0.0, 1e-7, 0.0], 0),
    ],
)
def test_reversals_are_counted_above_rounding(path, count):
    assert reversals(np.array(path)) == count


def test_what_a_hand_moves_is_not_judged():
    robot = Ros2Control(setup('all_joints'))
    robot.advance_to(robot.now_ns + 50 * MS)
    robot.switch(ARM, False)
    robot.moved_by_hand(robot.setup.joints[0], 0.5)
    robot.advance_to(robot.now_ns + 500 * MS)
    robot.switch(ARM, True)
    robot.advance_to(robot.now_ns + 50 * MS)
    ones = dict.fromkeys(robot.setup.joints, 1.0)
    report = motor_report(robot.log, robot.setup.joints, ones, ones)
    assert report.velocity == pytest.approx(1.0, rel=0.01)
    assert report.arm_velocity == pytest.approx(1.0, rel=0.01)


def test_asked_reversals_are_no_fault():
    log = MotorLog(('a',), 10)
    path = [0.0, 0.1, 0.2, 0.1, 0.0]
    for k, value in enumerate(path):
        log.add(k * MS, (value,), (value,))
    limits = {'a': 1.0}
    assert motor_report(log, ['a'], limits, limits).extra_reversals == 1
    asked = np.array(path)[:, None]
    assert motor_report(log, ['a'], limits, limits, asked=asked).extra_reversals == 0
