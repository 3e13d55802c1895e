"""The simulated leader through LeRobot's own class: aligned by hand, or led by its motors."""

from collections.abc import Callable
import threading
import time

from leader_double import device_file, so101
import numpy as np
import pytest
from vla_contract.errors import SettingError
from vla_teleop.config import TeleopConfig
from vla_teleop.desk import Desk
from vla_teleop.devices.device import make_device
from vla_teleop.devices.device_thread import DeviceThread, Patience
from vla_teleop.session import LEADING

pytest.importorskip('scservo_sdk')

CELL, CONFIG = so101(), TeleopConfig()
QUIET = {'away_rad': 0.3, 'align_s': 3600.0, 'amplitude_rad': 0.0}


class Bench:
    """The leader in its thread, and a desk whose arm obeys at once."""

    def __init__(self, folder, options: dict, config: TeleopConfig) -> None:
        file = device_file(folder, options=options)
        self.device = make_device(file, CELL, time.monotonic_ns)
        self.thread = DeviceThread(
            self.device,
            50.0,
            Patience(5, 0.1),
            lambda: setattr(self, 'desk', Desk(file, CELL, self.device, config)),
        )
        self.commanded = np.array(CELL.home)
        self.goals: list[dict] = []
        self.pause = threading.Event()

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60.0
        while not condition():
            assert time.monotonic() < deadline, self.desk.message
            now_ns = time.monotonic_ns()
            reading, fault = self.thread.newest(), self.thread.fault
            chunk = self.desk.tick(reading, self.commanded, '', fault, now_ns)
            self.thread.lead(self.desk.goals)
            if self.desk.goals is not None:
                self.goals.append(dict(self.desk.goals))
            if chunk is not None:
                self.commanded = np.array(chunk.positions[1])
            self.pause.wait(0.02)  # the period of the node's timer

    def torques(self) -> list[bool]:
        with self.device.port.lock:
            return [motor.has_torque for motor in self.device.port.motors.values()]


@pytest.fixture
def bench(tmp_path):
    benches = []

    def make(options: dict, config: TeleopConfig = CONFIG) -> Bench:
        benches.append(Bench(tmp_path, options, config))
        return benches[-1]

    yield make
    for made in benches:
        made.thread.close()


def test_the_hand_brings_it_to_the_arm_and_then_leads(bench):
    made = bench({'away_rad': 0.3, 'align_s': 0.5, 'period_s': 2.0})
    made.until(lambda: 'of the leader is' in made.desk.message)
    made.until(lambda: abs(made.commanded - CELL.home)[:5].max() > 0.1)
    assert made.desk.message == LEADING
    assert not any(made.torques())


def test_its_motors_bring_it_to_the_arm_and_it_is_limp_again(bench):
    # Slow: a pause of this machine moves the goal less than a doubt takes.
    made = bench(QUIET, TeleopConfig(lead_leader=True, leader_speed=0.15))
    made.until(lambda: any(made.torques()))
    made.until(lambda: made.desk.message == LEADING)
    made.until(lambda: not any(made.torques()))
    assert len(made.goals) > 5
    assert made.commanded == pytest.approx(CELL.home, abs=0.13)


def test_closed_while_it_is_led_it_is_limp(bench):
    made = bench(QUIET, TeleopConfig(lead_leader=True, leader_speed=0.1))
    made.until(lambda: any(made.torques()))
    made.thread.close()
    assert not any(made.torques())


def test_what_the_hand_may_not_do_is_refused(tmp_path):
    file = device_file(tmp_path, options={'away_rad': 4.0})
    with pytest.raises(SettingError, match='options.away_rad'):
        make_device(file, CELL, time.monotonic_ns)
