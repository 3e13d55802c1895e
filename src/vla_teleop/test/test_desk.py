"""A leader with motors is brought to the arm after a takeover, once, and then leads."""

from types import SimpleNamespace

from leader_double import device_file, encoders, so101
import numpy as np
import pytest
from vla_contract.values import to_ns
from vla_teleop.config import TeleopConfig
from vla_teleop.desk import Desk
from vla_teleop.devices.errors import DeviceError
from vla_teleop.devices.reading import Reading
from vla_teleop.mapping.leader_joints import LeaderJoints
from vla_teleop.permission import POLICY
from vla_teleop.session import LEADING

CELL = so101()
HOME = CELL.home
FAR = HOME + [0.4, 0.3, -0.4, 0.0, 0.2, 0.0]
CONFIG = TeleopConfig(lead_leader=True)
PERIOD_NS = to_ns(0.02)


class Motors:
    """A leader whose motors follow at once what they are led to; a hand may hold them."""

    def __init__(self, file, can_be_led=True) -> None:
        device = SimpleNamespace(encoders=encoders(), can_be_led=can_be_led)
        self.desk = Desk(file, CELL, device, CONFIG)
        self.joints = LeaderJoints(file, CELL, encoders())
        self.place = np.array(FAR)
        self.is_held = False
        self.refusal = ''
        self.now_ns = to_ns(5.0)
        self.way: list[np.ndarray] = []
        self.commanded = np.array(HOME)

    def tick(self, fault=''):
        numbers = self.joints.numbers(self.place)
        reading = None if fault else Reading(self.now_ns, numbers)
        chunk = self.desk.tick(reading, self.commanded, self.refusal, fault, self.now_ns)
        if self.desk.goals is not None and not self.is_held:
            self.place = self.joints.positions(self.desk.goals)
        self.way.append(self.place)
        self.now_ns += PERIOD_NS
        return chunk

    def ticks(self, count: int):
        return [self.tick() for _ in range(count)]


@pytest.fixture
def motors(tmp_path):
    return Motors(device_file(tmp_path))


def test_it_comes_slowly_and_leads_once_it_is_limp(motors):
    chunks = motors.ticks(150)
    first = next(k for k, chunk in enumerate(chunks) if chunk is not None)
    assert np.abs(np.diff(motors.way[:first], axis=0)).max() <= 0.3 * 0.02 + 3e-3
    assert np.abs(motors.place - HOME).max() < 0.12
    assert motors.desk.goals is None
    assert motors.desk.message == LEADING
    assert chunks[first].positions[0] == pytest.approx(HOME)


def test_while_the_policy_commands_the_leader_is_limp(motors):
    motors.refusal = POLICY
    motors.ticks(10)
    assert motors.desk.goals is None
    assert motors.desk.message == POLICY
    assert motors.place == pytest.approx(FAR)


def test_a_hand_that_holds_it_ends_it_for_this_takeover(motors):
    motors.ticks(10)
    motors.is_held = True
    motors.ticks(60)
    assert motors.desk.goals is None
    assert 'the leader is limp again: found it 0.2' in motors.desk.message
    assert 'of the leader is' in motors.desk.message
    motors.is_held = False
    motors.ticks(10)
    assert motors.desk.goals is None
    motors.refusal = POLICY
    motors.tick()
    motors.refusal = ''
    motors.ticks(2)
    assert motors.desk.goals is not None


def test_a_lost_reading_ends_it(motors):
    motors.ticks(10)
    motors.tick(fault='no answer')
    assert motors.desk.goals is None
    assert 'found no reading of it' in motors.desk.message
    assert 'no answer' in motors.desk.message


def test_who_leads_already_is_never_led(motors):
    motors.place = np.array(HOME)
    motors.ticks(5)
    motors.now_ns += to_ns(1.0)
    motors.place = np.array(FAR)
    motors.ticks(5)
    assert motors.desk.goals is None
    assert 'of the leader is' in motors.desk.message


def test_a_device_without_motors_cannot_be_led(tmp_path):
    with pytest.raises(DeviceError, match='lead_leader: found true; allowed: false'):
        Motors(device_file(tmp_path), can_be_led=False)


def test_a_message_is_another_one_when_more_than_its_numbers_changed(motors):
    motors.is_held = True
    motors.ticks(200)
    kind = motors.desk.kind
    motors.place = motors.place + [0.01, 0, 0, 0, 0, 0]
    motors.tick()
    assert motors.desk.kind == kind
    assert motors.desk.values['offset_joint'] != ''
    motors.refusal = POLICY
    motors.tick()
    assert motors.desk.kind != kind
