"""What reaches the motors behind real controllers, by how the commands are sent.

Two ways, both at 100 Hz, to the double of ros2_control:

- one point with positions, no stamp, one period ahead, all joints, also while nothing moves: as
  the first edition sent them. These tests document what that does (D1 to D8 below).
- the junctions of a quadratic B-spline, stamped, with a tail that brakes to rest.
"""

import math

import numpy as np
import pytest
from support.fake_robot.arm import ServoModel
from support.fake_robot.messages import trajectory
from support.fake_robot.motor_log import motor_report, MotorReport, reversals
from support.fake_robot.ros2_control import Ros2Control
from support.fake_robot.setups import ARM, FORWARD, LAGS_S, setup
from vla_contract.deployment.cell import load_cell

CELL = load_cell('panda_table')
JOINTS = list(CELL.joint_names)
VELOCITY = np.array([joint.velocity for joint in CELL.joints])
ACCELERATION = np.array([joint.acceleration for joint in CELL.joints])
MS = 1_000_000
DT_S, DT_NS = 0.01, 10 * MS


def judge(robot: Ros2Control, channel: str, asked: np.ndarray | None = None) -> MotorReport:
    limits = (dict(zip(JOINTS, values, strict=True)) for values in (VELOCITY, ACCELERATION))
    joints = robot.controllers[channel].joints
    return motor_report(robot.log, joints, *limits, robot.refused(channel), asked)


# One point, one period ahead.


def sine(seconds: float, home: tuple[float, ...]) -> np.ndarray:
    """Return joint 1 on a sine of 0.4 rad and 0.63 rad/s at 100 Hz, the others at home."""
    path = np.tile(home, (round(seconds / DT_S), 1))
    path[:, 0] += 0.4 * np.sin(0.63 / 0.4 * DT_S * np.arange(len(path)))
    return path


def stream_points(robot: Ros2Control, path: np.ndarray, jitter_ms: float = 0.0) -> None:
    rng = np.random.default_rng(0)
    start_ns = robot.now_ns
    for k, positions in enumerate(path):
        robot.advance_to(start_ns + k * DT_NS + int(rng.uniform(0.0, jitter_ms) * MS))
        robot.send(ARM, trajectory(JOINTS, [(DT_S, positions)]))
    robot.advance_to(start_ns + len(path) * DT_NS)


def largest_step(robot: Ros2Control, joint: int = 0) -> float:
    """Return the largest velocity of a joint's command from write to write [rad/s]."""
    return float(np.abs(np.diff(robot.log.commands[:, joint])).max() * 1e3)


def test_d1_a_gripper_in_the_message_makes_the_arms_controller_refuse_it_all():
    robot = Ros2Control(setup('split'))
    stream_points(robot, sine(1.0, robot.setup.home))
    assert (
        robot.controllers[ARM].errors
        == ["Joints on incoming trajectory don't match the controller joints."] * 100
    )
    assert judge(robot, ARM).velocity == 0.0


@pytest.mark.parametrize(
    ('lag_s', 'dead_time_s', 'measured_step'),
    # Measured with the real controller and the same servos [rad/s].
    [(0.01, 0.002, 12.7), (0.02, 0.005, 29.1), (0.05, 0.01, 62.0)],
)
def test_d2_single_points_from_the_measured_state_make_a_sawtooth(
    lag_s, dead_time_s, measured_step
):
    servo = ServoModel(lag_s, dead_time_s)
    robot = Ros2Control(setup('all_joints', servo=servo, interpolate_from_desired_state=False))
    stream_points(robot, sine(4.0, robot.setup.home))
    assert largest_step(robot) == pytest.approx(measured_step, rel=0.2)
    assert reversals(robot.log.commands[:, 0]) / 4.0 == pytest.approx(190.0, rel=0.1)
    assert judge(robot, ARM).acceleration > 500.0


def test_d2_is_not_seen_on_an_arm_without_lag_nor_from_the_desired_state():
    for servo, desired in ((ServoModel(0.0, 0.0), False), (ServoModel(0.02, 0.005), True)):
        robot = Ros2Control(
            setup('all_joints', servo=servo, interpolate_from_desired_state=desired)
        )
        path = sine(4.0, robot.setup.home)
        stream_points(robot, path)
        assert judge(robot, ARM, path).extra_reversals == 0
        assert largest_step(robot) < 1.5


def test_d3_a_stream_that_goes_on_while_latched_throws_an_arm_that_was_moved():
    robot = Ros2Control(setup('all_joints', interpolate_from_desired_state=False))
    latched = np.tile(robot.setup.home, (50, 1))
    stream_points(robot, latched)
    robot.switch(ARM, False)
    robot.moved_by_hand(JOINTS[0], 0.5, over_s=1.0)
    robot.advance_to(robot.now_ns + 1000 * MS)
    robot.switch(ARM, True)
    stream_points(robot, latched)
    assert robot.arm.position[0] == pytest.approx(0.0, abs=1e-3)
    fastest = np.abs(np.diff(robot.log.positions[-500:, 0])).max() * 1e3
    # 19.1 rad/s with the real controller.
    assert 12.0 < fastest < 25.0


def test_d5_eight_numbers_for_seven_joints_deactivate_a_forward_controller():
    robot = Ros2Control(setup('forward_arm'))
    robot.send(FORWARD, list(robot.setup.home))
    robot.advance_to(robot.now_ns + DT_NS)
    assert not robot.controllers[FORWARD].is_active
    assert robot.controllers[FORWARD].errors == [
        'command size (8) does not match number of interfaces (7)'
    ]
    assert robot.errors == [
        'Deactivating controllers : [ forward_position_controller ] as their update resulted in '
        'an error!'
    ]


def test_d8_single_points_stand_and_jump_with_every_millisecond_of_jitter():
    robot = Ros2Control(setup('all_joints'))
    path = sine(4.0, robot.setup.home)
    stream_points(robot, path, jitter_ms=8.0)
    # 3.2 rad/s and 3240 rad/s^2 with the real controller, of 0.63 rad/s and 1 rad/s^2 sent.
    assert 1.2 < largest_step(robot) < 4.0
    assert 500.0 < judge(robot, ARM).acceleration * ACCELERATION[0] < 4000.0
    steps = np.diff(robot.log.commands[1000:3000, 0])
    assert np.mean(steps == 0.0) > 0.05


# Junctions of a B-spline.


def hard_path(count: int, home: tuple[float, ...], seed: int) -> np.ndarray:
    """Return commands at 100 Hz whose second differences reach the limits, at rest at both ends.

    Ten periods stand before the motion and after it.
    """
    rng = np.random.default_rng(seed)
    step = ACCELERATION * DT_S
    q, v, path = np.array(home), np.zeros(len(home)), [np.array(home)] * 10
    wanted, periods = v, 0
    while len(path) < count or np.any(v):
        if periods == 0:
            wanted = rng.choice([-0.95, 0.0, 0.5, 0.95], len(v)) * VELOCITY
            periods = int(rng.integers(1, 30))
        periods -= 1
        wanted = wanted if len(path) < count else np.zeros(len(v))
        v = v + np.clip(wanted - v, -step, step)
        q = q + v * DT_S
        path.append(q)
    return np.array(path + [q] * 10)


class JunctionStream:
    """Sends a path as junctions of the uniform quadratic B-spline through its points.

    Junction k lies half a period before the time of point k, half way between points k - 1 and k,
    with the velocity of that step. Between junctions JTC's cubic is then the spline's parabola.

    Args:
        path: points q_k at 100 Hz, shape (N, D).
        ahead: a message sent at t ends with the point of t + `ahead` periods.
        history: it begins that many periods before t.
        clock_ms: by how much the sender's clock is ahead of the controller's.
    """

    def __init__(self, path: np.ndarray, ahead=3, history=0, clock_ms=0.0):
        self.path, self.ahead, self.history = path, ahead, history
        self.clock_ns = int(clock_ms * MS)

    def message(self, k: int, start_ns: int):
        """Return the message of cycle k."""
        last = k + self.ahead
        first = max(k - self.history, 1)
        q = self.path[first - 1 : last + 1]
        velocities = np.diff(q, axis=0) / DT_S
        positions = 0.5 * (q[1:] + q[:-1])
        stamp_ns = start_ns + first * DT_NS - DT_NS // 2 + self.clock_ns
        rows = [
            (i * DT_S, position, velocity)
            for i, (position, velocity) in enumerate(zip(positions, velocities, strict=True))
        ]
        # At rest the tail must still take time: two points at one time are refused.
        brake_s = max(math.ceil(np.max(np.abs(velocities[-1]) / ACCELERATION) * 1e9) * 1e-9, DT_S)
        end = positions[-1] + velocities[-1] * brake_s / 2.0
        rows.append((rows[-1][0] + brake_s, end, np.zeros(len(end))))
        return trajectory(JOINTS, rows, stamp_ns)

    def play(self, robot: Ros2Control, jitter_ms=0.0, seed=0, stop=None) -> None:
        """Send all of the path, or the messages before `stop`, then wait for rest."""
        rng = np.random.default_rng(seed)
        robot.advance_to(robot.now_ns + 20 * MS)
        start_ns, sent_ns = robot.now_ns, 0
        for k in range(1, stop or len(self.path) - self.ahead):
            delay_ns = int(rng.uniform(0.0, jitter_ms) * MS)
            sent_ns = max(sent_ns, start_ns + k * DT_NS + delay_ns)
            robot.advance_to(sent_ns)
            robot.send(ARM, self.message(k, start_ns))
        robot.advance_to(sent_ns + 800 * MS)

    def asked(self, stop: int | None = None) -> np.ndarray:
        until = None if stop is None else stop + self.ahead
        return self.path[:until]


def played(desired=True, lag_s=0.02, jitter_ms=0.0, stop=None, rate_hz=1000.0, **stream):
    robot = Ros2Control(
        setup('all_joints', lag_s, interpolate_from_desired_state=desired, update_rate_hz=rate_hz)
    )
    junctions = JunctionStream(hard_path(300, robot.setup.home, seed=1), **stream)
    junctions.play(robot, jitter_ms, stop=stop)
    return robot, judge(robot, ARM, junctions.asked(stop))


def assert_within_limits(report: MotorReport) -> None:
    assert report.velocity <= 0.951
    # Times and numbers are rounded: a nanosecond of a millisecond's step counts 1e-3 of that.
    assert report.acceleration <= 1.001
    assert report.arm_velocity <= 0.951
    assert report.arm_acceleration <= 1.001
    assert (report.extra_reversals, report.refused, report.not_finite) == (0, 0, 0)


@pytest.mark.parametrize('desired', [False, True])
@pytest.mark.parametrize('lag_s', LAGS_S)
@pytest.mark.parametrize('jitter_ms', [0.0, 10.0])
def test_junctions_keep_the_limits_at_every_write(desired, lag_s, jitter_ms):
    robot, report = played(desired, lag_s, jitter_ms)
    assert_within_limits(report)
    assert report.velocity > 0.9
    assert report.acceleration > 0.99
    assert robot.log.commands[-1] == pytest.approx(hard_path(300, robot.setup.home, 1)[-1])


@pytest.mark.parametrize('rate_hz', [100.0, 250.0, 500.0])
def test_junctions_keep_the_limits_at_slower_update_rates(rate_hz):
    _, report = played(jitter_ms=10.0, rate_hz=rate_hz)
    assert_within_limits(report)


@pytest.mark.parametrize('stop', [57, 120, 233])
@pytest.mark.parametrize('desired', [False, True])
def test_a_stream_that_ends_in_motion_brakes_on_its_tail(desired, stop):
    robot, report = played(desired, stop=stop)
    assert_within_limits(report)
    velocity = np.diff(robot.log.commands, axis=0)
    # Until the last point sent, then 2.61 rad/s at 15 rad/s^2 at the most.
    assert np.abs(velocity[-500:]).max() == 0.0


@pytest.mark.parametrize(('ahead', 'slack_ms'), [(3, 15.0), (5, 35.0)])
def test_a_message_may_be_late_by_what_is_ahead_less_a_period_and_a_half(ahead, slack_ms):
    _, report = played(jitter_ms=slack_ms - 0.1, ahead=ahead)
    assert_within_limits(report)
    # Later, the arm is on its tail, and the message's own segments do not know of that.
    _, report = played(jitter_ms=slack_ms + 10.0, ahead=ahead)
    assert report.acceleration > 3.0


@pytest.mark.parametrize('desired', [False, True])
def test_a_sender_whose_clock_is_ahead_needs_points_of_the_past(desired):
    # The first point lies in the controller's future: the way to it is the start rule's.
    _, report = played(desired, clock_ms=20.0)
    assert report.acceleration > 100.0
    _, report = played(desired, clock_ms=20.0, history=3)
    assert_within_limits(report)


def test_a_sender_whose_clock_is_behind_is_late_by_as_much():
    assert_within_limits(played(clock_ms=-10.0)[1])
    assert played(clock_ms=-25.0)[1].acceleration > 3.0
    assert_within_limits(played(clock_ms=-25.0, ahead=5)[1])
