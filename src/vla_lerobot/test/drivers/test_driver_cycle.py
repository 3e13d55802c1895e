import numpy as np
import pytest
from vla_lerobot.drivers.commands.curve import step
from vla_lerobot.drivers.commands.inbox import CommandInbox
from vla_lerobot.drivers.config import LerobotRobotConfig
from vla_lerobot.drivers.cycle import DriverCycle
from vla_lerobot.drivers.motors.health import ERROR, WARN
from vla_lerobot.drivers.status import driver_status

CONFIG = LerobotRobotConfig(errors_in_a_row=3, reconnect_s=1.0)
SECOND = 1_000_000_000


class FakeLink:
    """Answers as it is told; says what was called."""

    def __init__(self):
        self.sent, self.calls, self.error, self.torque = [], [], None, {'m': 1}
        self.position = 0.5

    def read(self):
        if self.error:
            raise self.error
        return np.array([self.position])

    def send(self, positions):
        self.sent.append(float(positions[0]))
        return ['a'] if positions[0] > 1.0 else []

    def registers(self, name):
        return dict(self.torque) if name == 'Torque_Enable' else {}

    def release(self):
        self.calls.append('release')

    def hold(self):
        self.calls.append('hold')

    def reconnect(self):
        self.calls.append('reconnect')
        if self.error:
            raise self.error

    def close(self):
        self.calls.append('close')


class Driver:
    def __init__(self):
        self.now_ns, self.link, self.joints = SECOND, FakeLink(), []
        self.inbox = CommandInbox(['a'], np.array([0.1]), SECOND, ['arm'])
        self.cycle = DriverCycle(
            self.link, self.inbox, CONFIG, lambda *joints: self.joints.append(joints), self._clock
        )

    def _clock(self):
        return self.now_ns

    def command(self, position):
        self.inbox.offer('arm', [0], step(np.array([position]), self.now_ns), self.now_ns)

    def steps(self, count):
        for _ in range(count):
            self.cycle.step()
            self.now_ns += SECOND // 50

    def status(self):
        return driver_status(self.cycle, self.inbox, [])


@pytest.fixture
def driver():
    return Driver()


def test_it_publishes_and_holds_until_the_first_command(driver):
    driver.steps(3)
    assert len(driver.joints) == 3
    assert driver.link.sent == []
    driver.command(0.55)
    driver.steps(1)
    assert driver.link.sent == [0.55]
    assert driver.status().message == 'following'


def test_one_error_is_counted_and_no_reason_to_connect_again(driver):
    driver.link.error = ConnectionError('no status packet')
    driver.steps(2)
    driver.link.error = None
    driver.steps(1)
    assert driver.cycle.state.errors == 2
    assert driver.link.calls == []
    assert driver.status().level == 0


def test_errors_in_a_row_end_joint_states_and_say_so(driver):
    driver.link.error = ConnectionError('no status packet')
    driver.steps(3)
    assert driver.joints == []
    assert driver.status().level == ERROR
    assert 'no status packet' in driver.status().message


def test_it_connects_again_once_a_second_without_commanding(driver):
    driver.command(0.5)
    driver.steps(1)
    driver.link.error = ConnectionError('gone')
    driver.steps(3 + 100)
    assert driver.link.calls == ['reconnect'] * 2
    driver.link.error = None
    driver.command(0.9)
    driver.steps(60)
    assert driver.cycle.state.reconnects == 1
    assert driver.link.sent == [0.5]
    assert not driver.inbox.is_following


def test_an_error_that_is_no_connection_error_keeps_the_thread_alive(driver):
    driver.link.error = RuntimeError('overload error')
    driver.steps(1)
    driver.link.error = None
    driver.steps(1)
    assert len(driver.joints) == 1


def test_released_it_obeys_nobody_and_is_no_fault(driver):
    driver.cycle.release()
    driver.link.torque = {'m': 0}
    driver.command(0.5)
    driver.steps(60)
    assert driver.link.sent == []
    assert driver.status().level == WARN
    driver.cycle.hold()
    driver.command(0.5)
    driver.steps(1)
    assert driver.link.calls == ['release', 'hold']
    assert driver.link.sent == [0.5]


def test_a_motor_that_went_limp_by_itself_is_an_error(driver):
    driver.link.torque = {'m': 0}
    driver.steps(60)
    assert driver.status().level == ERROR
    assert 'm is limp' in driver.status().message


def test_a_command_beyond_the_calibrated_range_is_said(driver):
    driver.command(0.5)
    driver.steps(1)
    driver.command(1.1)
    driver.steps(1)
    assert driver.status().level == WARN
    assert 'beyond the calibrated range' in driver.status().message


def test_a_refused_first_command_is_said(driver):
    driver.command(0.9)
    driver.steps(1)
    assert driver.status().level == WARN
    assert 'away from where the arm is held' in driver.status().message


def test_a_position_that_no_motor_can_have_reached_is_an_error_and_not_published(driver):
    driver.steps(1)
    driver.link.position = 51.0
    driver.steps(1)
    driver.link.position = 0.6
    driver.steps(1)
    assert [float(position[0]) for _, position in driver.joints] == [0.5, 0.6]
    assert driver.cycle.state.errors == 1


def test_an_arm_that_was_moved_meanwhile_is_believed_after_connecting_again(driver):
    driver.steps(1)
    driver.link.position = 51.0
    driver.steps(10)
    assert driver.cycle.state.reconnects == 1
    assert float(driver.joints[-1][1][0]) == 51.0
