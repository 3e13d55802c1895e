from types import SimpleNamespace

import numpy as np
import pytest
from std_msgs.msg import Bool
from trajectory_msgs.msg import JointTrajectory
from vla_contract.check import Status
from vla_contract.deployment.cell import load_cell
from vla_contract.filter_status import FilterStatus
from vla_rollout.preflight.ros.e_stop import check_e_stop

CELL = load_cell('panda_table')
CYCLE_NS = 20_000_000


class Robot:
    """A graph in which time passes only while somebody waits, an arm, and its filter."""

    cell = CELL

    def __init__(
        self,
        hears_after_s: float,
        latches: bool = True,
        stops: bool = True,
        devices: int = 1,
        releases: bool = True,
        button: str = 'e_stop',
    ) -> None:
        self._devices, self._releases, self._button = devices, releases, button
        self.pressed_ns = self.presses_at_ns = 0
        self.topics: list[str] = []
        self._hears_at_ns = int(hears_after_s * 1e9)
        self._latches, self._stops = latches, stops
        self._time_ns = 0
        self._rng = np.random.default_rng(0)
        self._wanted: np.ndarray | None = None
        self._is_pressed = False
        self.filter_status = FilterStatus.read('pass', {})
        self._position = CELL.home
        self.positions = [(0, CELL.home)]

    def now_ns(self) -> int:
        return self._time_ns

    def resolve_topic_name(self, topic: str) -> str:
        return f'/{self._button if topic == "e_stop" else topic}'

    def count_publishers(self, topic: str) -> int:
        return self._devices if topic == f'/{self._button}' else 0

    def operator(self, line: str) -> None:
        """Do, two seconds later, what preflight asks of a person with a device."""
        is_press = line.startswith('press')
        if is_press or self._releases:
            self.presses_at_ns = self._time_ns + 2_000_000_000
            self._presses = is_press

    def create_publisher(self, kind, topic, qos):
        self.topics.append(topic)
        takes = {JointTrajectory: self._on_chunk, Bool: self._on_press}
        return SimpleNamespace(
            publish=takes.get(kind, lambda msg: None), wait_for_all_acked=lambda timeout: True
        )

    def destroy_publisher(self, publisher) -> None:
        pass

    def _on_chunk(self, msg) -> None:
        if self._time_ns >= self._hears_at_ns:
            by_name = dict(zip(msg.joint_names, msg.points[0].positions, strict=True))
            self._wanted = np.array([by_name[name] for name in CELL.joint_names])

    def _on_press(self, msg) -> None:
        self._is_pressed = msg.data
        self.pressed_ns = self._time_ns if msg.data else self.pressed_ns
        if self._latches:
            said = 'latched: e_stop' + ('' if msg.data else ' released, reset needed')
            self.filter_status = FilterStatus.read(said, {})

    def patience_s(self, seconds: float) -> float:
        return seconds

    def spin_until(self, condition, timeout_s: float) -> bool:
        end_ns = self._time_ns + int(timeout_s * 1e9)
        while not condition():
            if self._time_ns > end_ns:
                return False
            self._time_ns += CYCLE_NS
            if 0 < self.presses_at_ns <= self._time_ns:
                self.presses_at_ns = 0
                self._on_press(Bool(data=self._presses))
            if self._is_pressed and not self._stops:
                self._position = self._position + 1e-2
            elif self._wanted is not None and not self._is_pressed:
                self._position = self._wanted
            noise = self._rng.normal(0.0, 3e-4, len(self._position))
            self.positions.append((self._time_ns, self._position + noise))
        return True

    def trigger(self, service: str) -> str:
        return ''


def check(robot: Robot, **more):
    return check_e_stop(robot, robot.operator, **more)


@pytest.mark.parametrize('hears_after_s', [0.0, 4.0, 7.0])
def test_a_filter_that_listens_late_is_tested_all_the_same(hears_after_s):
    finding = check(Robot(hears_after_s))
    assert finding.status is Status.OK, finding


def test_the_operators_own_device_is_pressed_and_no_other():
    robot = Robot(0.0)
    assert check(robot).status is Status.OK
    assert robot.topics == ['policy_chunk', 'watch']


def test_a_device_is_found_under_the_name_of_a_remapping():
    finding = check(Robot(0.0, button='panel/e_stop'))
    assert finding.status is Status.OK, finding


def test_without_a_device_nothing_moves_and_the_item_fails():
    robot = Robot(0.0, devices=0)
    finding = check(robot)
    assert (finding.status, finding.found) == (Status.FAIL, 'nothing publishes e_stop')
    assert '--e-stop-from-here' in finding.fix
    assert robot.topics == []


def test_a_press_from_here_says_that_it_is_not_the_operators():
    robot = Robot(0.0, devices=0)
    finding = check(robot, from_here=True)
    assert finding.status is Status.WARN
    assert "not by the operator's own device" in finding.found
    assert sorted(robot.topics) == ['e_stop', 'policy_chunk', 'watch']


def test_a_device_that_the_filter_does_not_hear_fails():
    """Such as one that publishes as volatile to a filter that wants latched values."""
    finding = check(Robot(0.0, latches=False))
    assert finding.status is Status.FAIL
    assert 'NOT latched by it; the filter says: pass' in finding.found


def test_nobody_presses():
    robot = Robot(0.0)
    finding = check_e_stop(robot, lambda line: None)
    assert (finding.status, finding.found) == (Status.SKIP, 'not pressed within 60 s')


def test_a_stop_that_stays_pressed_fails():
    finding = check(Robot(0.0, releases=False))
    assert finding.status is Status.FAIL
    assert 'NOT seen to be released' in finding.found


def test_an_arm_that_never_moves_is_not_measured():
    finding = check(Robot(hears_after_s=1e3))
    assert finding.status is Status.SKIP
    assert finding.found == 'the arm did not move; the filter says: pass'
    assert 'supervisor/check' in finding.fix


def test_an_arm_that_does_not_stop_fails():
    finding = check(Robot(0.0, stops=False))
    assert finding.status is Status.FAIL
    assert 'at rest after 1.90 s' in finding.found
