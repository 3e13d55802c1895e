from contextlib import nullcontext, suppress
from dataclasses import dataclass
import signal
from typing import ClassVar

from lifecycle_msgs.msg import State
import pytest
import rclpy
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_msgs.msg import Bool
from vla_contract.errors import SettingError, VlaError
from vla_contract.ros import lifecycle
from vla_contract.ros.lifecycle import VlaNode
from vla_contract.ros.parameters import declare_settings, read_settings
from vla_contract.schema import setting


@dataclass(frozen=True)
class Settings:
    gain: float = setting(0.5, doc='gain', unit='Nm', lower=0.0, upper=1.0)
    mode: str = setting('a', doc='mode', choices=('a', 'b'))
    count: int = setting(3, doc='count', lower=1)


class Probe(VlaNode):
    settings_type: ClassVar[type] = Settings
    error: Exception | None = None

    def __init__(self) -> None:
        super().__init__('probe')
        self.calls: list[str] = []

    def build(self, settings: Settings) -> None:
        self.create_publisher(Bool, 'x', 1)
        self.calls.append(f'build {settings.gain}')
        if self.error:
            raise self.error

    def start(self) -> None:
        self.calls.append('start')

    def stop(self) -> None:
        self.calls.append('stop')

    def destroy(self) -> None:
        self.calls.append('destroy')


@pytest.fixture
def probe(ros):
    node = Probe()
    yield node
    node.destroy_node()


def test_a_node_walks_through_its_states(probe):
    inherited = len(list(probe.publishers))
    probe.trigger_configure()
    probe.trigger_activate()
    assert probe.is_active
    probe.trigger_deactivate()
    probe.trigger_cleanup()
    assert probe.calls == ['build 0.5', 'start', 'stop', 'destroy']
    assert len(list(probe.publishers)) == inherited


@pytest.mark.parametrize('error', [VlaError('no such camera'), RuntimeError('broken')])
def test_a_failed_configuration_is_loud_and_undone(probe, error):
    probe.error = error
    inherited = len(list(probe.publishers))
    assert probe.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert str(error) in probe.failure
    assert probe.calls == ['build 0.5', 'destroy']
    assert len(list(probe.publishers)) == inherited


def test_a_shutdown_stops_before_it_destroys(probe):
    probe.trigger_configure()
    probe.trigger_activate()
    probe.trigger_shutdown()
    assert probe.calls[-2:] == ['stop', 'destroy']


@pytest.mark.parametrize(
    ('name', 'value', 'message'),
    [
        ('gain', 2.0, r'gain: found 2.0 \(float\); allowed: float in \[0, 1\] \[Nm\]'),
        ('gain', 'x', r"gain: found 'x' \(str\)"),
        ('gian', 0.5, 'parameter gian: found an unknown name; allowed: gain, mode, count'),
        ('count', 0, r'count: found 0 \(int\)'),
    ],
)
def test_a_wrong_parameter_is_one_sentence(ros, name, value, message):
    node = rclpy.create_node('wrong', parameter_overrides=[Parameter(name, value=value)])
    with pytest.raises(SettingError, match=message):
        declare_settings(node, Settings)
    node.destroy_node()


def test_a_wrong_choice_stops_configuration(ros):
    node = rclpy.create_node('choice', parameter_overrides=[Parameter('mode', value='c')])
    declare_settings(node, Settings)
    with pytest.raises(SettingError, match='mode: .* allowed: a or b'):
        read_settings(node, Settings)
    node.destroy_node()


def test_parameters_carry_description_and_range(probe):
    descriptor = probe.describe_parameter('gain')
    assert descriptor.description == 'gain [Nm]'
    assert descriptor.floating_point_range[0].to_value == 1.0
    assert probe.describe_parameter('mode').additional_constraints == 'one of: a, b'


def test_the_state_machine_reports_its_state(probe):
    probe.trigger_configure()
    assert probe._state_machine.current_state[0] == State.PRIMARY_STATE_INACTIVE


@pytest.mark.parametrize('is_signalled', [True, False])
def test_an_error_inside_rclpy_counts_only_without_a_signal(monkeypatch, is_signalled):
    class Executor:
        """Raises what comes out of rclpy when a signal comes while it converts a message."""

        def add_node(self, node) -> None:
            pass

        def spin_once(self, timeout_sec: float) -> None:
            with suppress(KeyboardInterrupt):
                if is_signalled:
                    signal.raise_signal(signal.SIGTERM)
            raise RuntimeError('Unable to convert call argument')

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(lifecycle, 'SingleThreadedExecutor', Executor)
    try:
        with nullcontext() if is_signalled else pytest.raises(RuntimeError):
            assert lifecycle.run_node(Probe) == 0
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def test_a_node_asks_for_the_priority_that_its_parameter_names(monkeypatch):
    asked = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(
        lifecycle, 'take_real_time', lambda value: asked.append(value) or 'refused'
    )

    class Executor:
        def add_node(self, node) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(lifecycle, 'SingleThreadedExecutor', Executor)
    try:
        assert lifecycle.run_node(Probe, realtime='gain') == 0
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert asked == [Settings().gain]
