"""LeRobot's own SOFollower, bus and SDK, over a serial port with simulated motors."""

import contextlib
import termios
import time

import numpy as np
import pytest
from so101_double import calibrated, driver_file, driver_values, hold_all, joint, JOINTS
from vla_contract.errors import NameMismatchError
from vla_lerobot.drivers.errors import DriverError, NotCalibratedError, OutsideRangeError
from vla_lerobot.drivers.lerobot_link import LerobotLink
from vla_lerobot.drivers.simulated.motor import MIN, TEMPERATURE
from vla_lerobot.drivers.simulated.port import SimulatedPort
from vla_lerobot.drivers.simulated.so101 import so101_motors, write_calibration

pytest.importorskip('scservo_sdk')


@pytest.fixture
def port(tmp_path):
    calibrated(tmp_path)
    motors = so101_motors()
    hold_all(motors)
    port = SimulatedPort(motors)
    yield port
    port.close()


def link_of(values, tmp_path, joints=JOINTS) -> LerobotLink:
    # A machine that runs many tests answers late.
    return LerobotLink(driver_file(values, tmp_path), joints, more_ms=1000.0)


def opened(port, tmp_path, **fields) -> LerobotLink:
    return link_of(driver_values(port, tmp_path, **fields), tmp_path)


def until(condition, limit_s=20.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, 'condition not met'
        time.sleep(0.005)


def shown(port) -> list[int]:
    with port.lock:
        return [round(motor.position) for motor in port.motors.values()]


def test_an_arm_that_holds_is_taken_over_without_moving_and_let_go_holding(port, tmp_path):
    before = shown(port)
    link = opened(port, tmp_path)
    link.read()
    link.close()
    assert all(motor.has_torque for motor in port.motors.values())
    assert all(motor.goals == [] for motor in port.motors.values())
    assert shown(port) == before


def test_what_is_read_is_what_the_motors_show(port, tmp_path):
    link = opened(port, tmp_path)
    # All stand in the middle of their ranges, to half an encoder step.
    expected = [0.0] * 5 + [(1.75 - 0.17) / 2]
    assert link.read() == pytest.approx(expected, abs=0.002)
    link.close()


def test_what_is_sent_is_where_the_motors_go(port, tmp_path):
    link = opened(port, tmp_path)
    goal = np.array([0.3, -0.2, 0.1, 0.4, -0.5, 1.0])
    assert link.send(goal) == []
    until(lambda: np.allclose(link.read(), goal, atol=0.002))
    link.close()


def test_a_goal_beyond_the_calibrated_range_ends_there_and_is_said(port, tmp_path):
    link = opened(port, tmp_path)
    goal = np.array([5.0, 0.0, 0.0, 0.0, 0.0, 0.5])
    assert link.send(goal) == ['shoulder_pan']
    until(lambda: shown(port)[0] == 3420)
    link.close()


def test_a_limp_arm_is_held_where_it_lies(tmp_path):
    calibrated(tmp_path)
    port = SimulatedPort(so101_motors())
    try:
        until(lambda: shown(port)[1] == 800)
        before = shown(port)
        link = opened(port, tmp_path)
        assert all(motor.has_torque for motor in port.motors.values())
        assert np.allclose(shown(port), before, atol=2)
        link.close()
    finally:
        port.close()


def test_while_an_arm_is_opened_every_answer_may_take_a_second_longer(tmp_path, monkeypatch):
    from lerobot.robots.so_follower import SOFollower

    def wait_ms(robot) -> float:
        robot.bus.port_handler.setPacketTimeout(6)
        return robot.bus.port_handler.packet_timeout

    waits, connect = [], SOFollower.connect

    def noting(self, *args, **kwargs):
        waits.append(wait_ms(self))
        connect(self, *args, **kwargs)

    monkeypatch.setattr(SOFollower, 'connect', noting)
    calibrated(tmp_path)
    # Limp, so that it is held first, and then LeRobot writes gains and limits.
    port = SimulatedPort(so101_motors())
    try:
        link = LerobotLink(driver_file(driver_values(port, tmp_path), tmp_path), JOINTS)
        (longer,) = waits
        assert longer == pytest.approx(wait_ms(link._robot) + 1000.0)
        link.close()
    finally:
        port.close()


def test_without_a_calibration_it_refuses_and_names_the_command(port, tmp_path):
    (tmp_path / 'calibration' / 'double.json').unlink()
    with pytest.raises(NotCalibratedError, match='lerobot-calibrate --robot.type=so101_follower'):
        opened(port, tmp_path)
    assert all(motor.has_torque for motor in port.motors.values())


def test_a_calibration_of_other_motors_is_refused(port, tmp_path):
    with port.lock:
        port.motors[3].memory[MIN] += 1
    with pytest.raises(NotCalibratedError, match='elbow_flex with other limits'):
        opened(port, tmp_path)


def test_a_limp_motor_outside_its_range_is_not_held(tmp_path):
    calibrated(tmp_path)
    motors = so101_motors({'shoulder_pan': 300})
    port = SimulatedPort(motors)
    try:
        with pytest.raises(OutsideRangeError, match='shoulder_pan 300 steps, 750 to 3420'):
            opened(port, tmp_path)
        assert not motors[0].has_torque
    finally:
        port.close()


def test_a_motor_that_does_not_answer_is_named_by_its_id(port, tmp_path):
    with port.lock:
        del port.motors[4]
    with pytest.raises(DriverError, match=r'Missing motor IDs: - 4'):
        opened(port, tmp_path)


def test_motors_that_the_file_leaves_out_are_named(port, tmp_path):
    values = driver_values(port, tmp_path)
    del values['motors']['wrist_roll']
    with pytest.raises(NameMismatchError, match=r'missing wrist_roll\.pos'):
        link_of(values, tmp_path)


def test_an_unplugged_port_is_an_error_of_a_cycle(port, tmp_path):
    link = opened(port, tmp_path)
    port.unplug()
    with pytest.raises((OSError, termios.error)):
        link.read()
    link.close()


def test_one_corrupt_packet_is_asked_for_again(port, tmp_path):
    link = opened(port, tmp_path)
    with port.lock:
        port.corrupt = 1
    link.read()
    link.close()


def test_it_connects_again_without_moving(port, tmp_path):
    link = opened(port, tmp_path)
    with port.lock:
        port.is_mute = True
    with pytest.raises(ConnectionError):
        link.read()
    with port.lock:
        port.is_mute = False
    link.reconnect()
    assert len(link.read()) == 6
    assert all(motor.goals == [] for motor in port.motors.values())
    link.close()


def test_released_motors_are_limp_and_held_again_where_they_are(port, tmp_path):
    link = opened(port, tmp_path)
    link.release()
    assert not any(motor.has_torque for motor in port.motors.values())
    until(lambda: shown(port)[1] == 800)
    link.hold()
    assert all(motor.has_torque for motor in port.motors.values())
    until(lambda: shown(port)[1] == 800)
    link.close()


def test_registers_come_by_motor(port, tmp_path):
    link = opened(port, tmp_path)
    with port.lock:
        port.motors[6].memory[TEMPERATURE] = 61
    assert link.registers('Present_Temperature')['gripper'] == 61
    assert link.registers('Hardware_Error_Status') == {}
    link.close()


def test_a_port_that_was_pulled_and_comes_back_is_opened_again(tmp_path):
    calibrated(tmp_path)
    motors = so101_motors()
    hold_all(motors)
    first, path = SimulatedPort(motors), tmp_path / 'port'
    path.symlink_to(first.path)
    values = driver_values(str(path), tmp_path)
    link = link_of(values, tmp_path)
    before = link.read()
    first.unplug()
    with pytest.raises((OSError, termios.error)):
        link.read()
    with pytest.raises(ConnectionError):
        link.reconnect()
    second = SimulatedPort(motors)
    path.unlink()
    path.symlink_to(second.path)
    link.reconnect()
    assert link.read() == pytest.approx(before)
    link.close()
    second.close()


def test_a_pair_of_arms_has_a_port_each(tmp_path):
    ports, joints = {}, []
    values = driver_values('', tmp_path, type='bi_so_follower')
    del values['robot']['port']
    values['motors'] = {}
    for side in ('left', 'right'):
        write_calibration(tmp_path / 'calibration', f'double_{side}')
        motors = so101_motors()
        hold_all(motors)
        ports[side] = SimulatedPort(motors)
        values['robot'][f'{side}_arm_config'] = {'port': ports[side].path}
        joints += [joint(f'{side}_{own.name}') for own in JOINTS]
    values['motors'] = {own.name: {'joint': own.name} for own in joints}
    link = link_of(values, tmp_path, joints)
    goal = np.append(np.full(5, 0.1), 0.0).repeat(2).reshape(6, 2).T.ravel()
    link.send(goal)
    until(lambda: np.allclose(link.read(), goal, atol=0.002))
    assert link.registers('Present_Temperature')['right_gripper'] == 30
    link.close()
    for port in ports.values():
        port.close()


def test_an_answer_that_comes_too_late_is_not_taken_for_that_of_the_next_question(port, tmp_path):
    link = LerobotLink(driver_file(driver_values(port, tmp_path), tmp_path), JOINTS)
    expected = at_last(link.read)
    for _ in range(5):
        # LeRobot gives a question up after 51 ms and asks again.
        port.late_s = 0.09
        assert at_last(link.read) == pytest.approx(expected)
        time.sleep(0.02)  # the second answer to the same question
        warm = at_last(lambda: link.registers('Present_Temperature'))
        assert set(warm.values()) == {30}
        assert at_last(link.read) == pytest.approx(expected)
    link.close()


def at_last(ask):
    """Return the first answer; a busy machine is late more than once."""
    for _ in range(100):
        with contextlib.suppress(ConnectionError):
            return ask()
    raise AssertionError('no answer in 100 times')
