"""LeRobot's own leader class over simulated motors, opened, read, led and let go."""

import json
from pathlib import Path

from leader_double import device_file, so101
import numpy as np
import pytest
from vla_contract.errors import SettingError, UnknownNameError
from vla_lerobot.drivers.motors.scale import Encoder
from vla_lerobot.drivers.simulated.motor import ShaftModel, SimulatedMotor
from vla_lerobot.drivers.simulated.port import SimulatedPort
from vla_lerobot.drivers.simulated.so101 import LIMITS, MOTORS, OFFSETS, write_calibration
from vla_teleop.devices.device import make_device
from vla_teleop.devices.errors import DeviceError, LeaderNotCalibratedError

pytest.importorskip('scservo_sdk')

CELL = so101()


def clock_ns() -> int:
    return 7


@pytest.fixture
def port():
    motors = [
        SimulatedMotor(id_, sum(limits) // 2, limits, offset, ShaftModel(fall=0.0))
        for id_, (limits, offset) in enumerate(zip(LIMITS, OFFSETS, strict=True), start=1)
    ]
    port = SimulatedPort(motors)
    yield port
    port.close()


def leader(port: SimulatedPort, folder: Path, **changes):
    write_calibration(folder, 'mine')
    options = {'type': 'so101_leader', 'port': port.path, 'id': 'mine'}
    options |= {'calibration_dir': str(folder)}
    file = device_file(folder, **({'device': 'lerobot', 'options': options} | changes))
    return make_device(file, CELL, clock_ns)


def torques(port) -> list[bool]:
    with port.lock:
        return [motor.has_torque for motor in port.motors.values()]


def test_it_is_limp_and_its_numbers_are_those_of_lerobot(port, tmp_path):
    device = leader(port, tmp_path)
    device.connect()
    with port.lock:
        port.motors[3].shaft += 100.0
    reading = device.read()
    assert reading.stamp_ns == 7
    assert reading.numbers['elbow_flex'] == pytest.approx(100 * 360 / 4095, abs=0.1)
    assert reading.numbers['gripper'] == pytest.approx(50.0, abs=0.1)
    assert set(reading.numbers) == set(MOTORS)
    assert not any(torques(port))
    assert device.encoders['elbow_flex'] == Encoder('deg', *LIMITS[2], 4096)
    device.close()


def test_led_it_holds_where_it_stands_and_goes_to_what_it_is_told(port, tmp_path):
    device = leader(port, tmp_path)
    device.connect()
    assert device.can_be_led
    with port.lock:
        port.motors[1].memory[42:44] = bytes([0, 4])  # an old goal, far away
    here = dict(device.read().numbers)
    device.lead(here)
    assert all(torques(port))
    with port.lock:
        goals = [motor.goals[0] for motor in port.motors.values()]
    assert goals == [sum(limits) // 2 for limits in LIMITS]
    device.lead(here | {'elbow_flex': here['elbow_flex'] + 5.0})
    device.read()  # goals are not answered: what comes after them is
    with port.lock:
        assert port.motors[3].goals[-1] - goals[2] == pytest.approx(5.0 * 4095 / 360, abs=2)
    device.release()
    assert not any(torques(port))
    device.lead(here)
    device.close()
    assert not any(torques(port))


def test_without_a_calibration_it_says_which_command_makes_one(port, tmp_path):
    device = leader(port, tmp_path)
    path = tmp_path / 'mine.json'
    values = json.loads(path.read_text())
    values['elbow_flex']['range_max'] -= 7
    path.write_text(json.dumps(values))
    device = make_device(device._file, CELL, clock_ns)
    with pytest.raises(LeaderNotCalibratedError) as error:
        device.connect()
    assert 'elbow_flex with other limits' in str(error.value)
    assert f'lerobot-calibrate --teleop.type=so101_leader --teleop.port={port.path}' in str(
        error.value
    )


def test_a_port_that_is_not_there_is_one_sentence(port, tmp_path):
    device = leader(port, tmp_path)
    device._file.options['port'] = device._leader.bus.port = '/dev/ttyNONE'
    device._leader.bus.port_handler.port_name = '/dev/ttyNONE'
    with pytest.raises(DeviceError, match='double: connecting to so101_leader /dev/ttyNONE'):
        device.connect()


def test_a_leader_that_is_gone_raises_and_can_be_opened_again(port, tmp_path):
    device = leader(port, tmp_path)
    device.connect()
    port.is_mute = True
    with pytest.raises(ConnectionError):
        device.read()
    device.close()
    port.is_mute = False
    device.connect()
    assert np.isfinite(list(device.read().numbers.values())).all()
    device.close()


@pytest.mark.parametrize(
    ('changes', 'error', 'said'),
    [
        ({'options': {'type': 'so102_leader'}}, UnknownNameError, 'so101_leader'),
        ({'options': {}}, SettingError, 'options: type: found None'),
        ({'options': {'type': 'so101_leader', 'prot': 'x'}}, SettingError, 'port'),
        ({'options': {'type': 'gamepad'}}, SettingError, 'gives tool moves; allowed: tool'),
        ({'options': {'type': 'keyboard_rover'}}, DeviceError, 'pynput'),
        ({'device': 'joystick', 'options': {}}, UnknownNameError, 'simulated_leader'),
    ],
    ids=['type', 'no type', 'field', 'tool', 'package', 'device'],
)
def test_what_cannot_be_made_is_said_with_what_can(port, tmp_path, changes, error, said):
    with pytest.raises(error) as found:
        leader(port, tmp_path, **changes)
    assert said in str(found.value)
