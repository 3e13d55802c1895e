from collections.abc import Callable
from dataclasses import dataclass
import signal
import time
from typing import ClassVar

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_msgs.msg import Bool
from vla_contract.errors import SettingError, VlaError
from vla_contract.ros.node import lifecycle
from vla_contract.ros.node.lifecycle import VlaNode
from vla_contract.ros.node.only_one import AlreadyRunsError
from vla_contract.ros.node.parameters import declare_settings, read_settings
from vla_contract.ros.question import Question
from vla_contract.schema import setting

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@dataclass(frozen=True)
class Settings:
    gain: float = setting(0.5, doc='gain', unit='Nm', lower=0.0, upper=1.0)
    mode: str = setting('a', doc='mode', choices=('a', 'b'))
    count: int = setting(3, doc='count', lower=1)
    speed: float = setting(1.0, doc='speed', dynamic=True)
    lock: bool = setting(False, doc='lock', dynamic=True, while_active=False)


class Probe(VlaNode):
    settings_type: ClassVar[type] = Settings
    error: Exception | None = None
    stop_error: Exception | None = None

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
        if self.stop_error:
            raise self.stop_error

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
        (
            'gian',
            0.5,
            r'gian: found an unknown name \(did you mean gain\?\); allowed: gain, mode',
        ),
        ('count', 0, r'count: found 0 \(int\)'),
    ],
)
def test_a_wrong_parameter_is_one_sentence(ros, name, value, message):
    node = rclpy.create_node('wrong', parameter_overrides=[Parameter(name, value=value)])
    with pytest.raises(SettingError, match=message):
        declare_settings(node, Settings)
    node.destroy_node()


def test_a_whole_number_is_a_number(ros):
    node = rclpy.create_node('whole', parameter_overrides=[Parameter('gain', value=1)])
    declare_settings(node, Settings)
    assert read_settings(node, Settings).gain == 1.0
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


@pytest.mark.parametrize(
    ('begin', 'wrong', 'state'),
    [
        ((), 'activate', 'unconfigured'),
        (('configure',), 'configure', 'inactive'),
        (('configure', 'activate'), 'activate', 'active'),
        (('configure', 'activate'), 'cleanup', 'active'),
        (('shutdown',), 'shutdown', 'finalized'),
    ],
)
def test_a_transition_that_a_state_does_not_have_is_refused(probe, capfd, begin, wrong, state):
    for name in begin:
        assert getattr(probe, f'trigger_{name}')() == TransitionCallbackReturn.SUCCESS
    calls = list(probe.calls)
    assert getattr(probe, f'trigger_{wrong}')() == TransitionCallbackReturn.FAILURE
    assert probe.calls == calls
    assert probe.is_active == (state == 'active')
    assert f'refused in state {state}' in capfd.readouterr().err


@pytest.mark.parametrize('number', [1, 2, 3, 5, 8, 10, 200])
def test_a_wrong_order_by_service_is_answered_and_the_node_lives(probe, number):
    probe.trigger_configure()
    probe.trigger_activate()
    executor = SingleThreadedExecutor()
    operator = rclpy.create_node('operator')
    client = operator.create_client(ChangeState, 'probe/change_state')
    state = operator.create_client(GetState, 'probe/get_state')
    for node in (probe, operator):
        executor.add_node(node)

    def answer(client, request):
        question = Question(client, request, again_s=2.0)
        deadline = time.monotonic() + 60.0
        while not question.is_answered():
            assert time.monotonic() < deadline, 'no answer'
            executor.spin_once(timeout_sec=0.02)
        return question.answer

    try:
        for _ in range(3):
            request = ChangeState.Request(transition=Transition(id=number))
            assert not answer(client, request).success
        assert answer(state, GetState.Request()).current_state.label == 'active'
        assert probe.is_active
    finally:
        executor.shutdown()
        operator.destroy_node()


def test_one_that_cannot_stop_is_still_active_and_tries_again_at_its_end(probe):
    probe.trigger_configure()
    probe.trigger_activate()
    probe.stop_error = RuntimeError('the network is down')
    assert probe.trigger_deactivate() == TransitionCallbackReturn.FAILURE
    assert probe.is_active
    probe.shut_down()
    assert probe.calls[-3:] == ['stop', 'stop', 'destroy']


@pytest.mark.parametrize(('name', 'value'), [('lock', True), ('use_sim_time', True)])
def test_what_must_not_change_in_action_is_refused_with_a_sentence(probe, name, value):
    (before,) = probe.set_parameters([Parameter(name, value=not value)])
    assert before.successful
    probe.trigger_configure()
    probe.trigger_activate()
    (same,) = probe.set_parameters([Parameter(name, value=not value)])
    (refused,) = probe.set_parameters([Parameter(name, value=value)])
    (other,) = probe.set_parameters([Parameter('speed', value=0.1)])
    assert (same.successful, refused.successful, other.successful) == (True, False, True)
    assert refused.reason == f'{name} may not change while probe is active: deactivate it'
    assert probe.get_parameter(name).value is not value
    probe.trigger_deactivate()
    assert probe.set_parameters([Parameter(name, value=value)])[0].successful


class Executor:
    """Does once, in the place of a callback, what a test wants."""

    deed: ClassVar[Callable[[], None]]

    def add_node(self, node) -> None:
        self._node = node
        node.trigger_configure()
        node.trigger_activate()

    def spin_once(self, timeout_sec: float) -> None:
        type(self).deed()


@pytest.fixture
def run(monkeypatch):
    """Run a node whose callback does something; returns its status and what it went through."""
    # Whoever runs the tests under nohup has SIGHUP ignored, and a node leaves it so.
    handlers = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    monkeypatch.setattr(lifecycle, 'SingleThreadedExecutor', Executor)
    monkeypatch.setattr('sys.argv', ['probe'])
    nodes = []

    class Remembered(Probe):
        def __init__(self) -> None:
            super().__init__()
            nodes.append(self)

    def run_with(deed, **options):
        monkeypatch.setattr(Executor, 'deed', staticmethod(deed), raising=False)
        status = lifecycle.run_node(Remembered, **options)
        return status, nodes[-1].calls

    yield run_with
    rclpy.try_shutdown()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_a_callback_that_raises_ends_the_node_after_it_has_stopped(run, capfd):
    def deed() -> None:
        raise ValueError('a defect')

    status, calls = run(deed)
    assert status == 1
    assert calls[-2:] == ['stop', 'destroy']
    assert capfd.readouterr().err.splitlines()[-1] == 'error: ValueError: a defect'


@pytest.mark.parametrize('number', SIGNALS, ids=lambda number: number.name)
def test_a_signal_lets_the_callback_end_and_stops_the_node(run, number):
    done = []

    def deed() -> None:
        signal.raise_signal(number)
        signal.raise_signal(number)
        done.append(True)

    status, calls = run(deed)
    assert status == 0
    assert done == [True]
    assert calls[-2:] == ['stop', 'destroy']


def test_a_thread_that_fails_leaves_the_node_what_it_needs_to_stop(run, monkeypatch):
    is_ok = []
    monkeypatch.setattr(Probe, 'stop', lambda node: is_ok.append(rclpy.ok()))
    nodes = []
    monkeypatch.setattr(Probe, 'start', lambda node: nodes.append(node))
    status, _ = run(lambda: nodes[0].fail('no light'))
    assert status == 1
    assert is_ok == [True]


@pytest.mark.parametrize('is_signalled', [True, False])
def test_an_error_inside_rclpy_counts_only_without_a_signal(run, is_signalled):
    def deed() -> None:
        if is_signalled:
            signal.raise_signal(signal.SIGTERM)
        raise RuntimeError('Unable to convert call argument')

    status, calls = run(deed)
    assert status == (0 if is_signalled else 1)
    assert calls[-2:] == ['stop', 'destroy']


def test_a_node_asks_for_the_priority_that_its_parameter_names(run, monkeypatch):
    asked = []
    monkeypatch.setattr(
        lifecycle, 'take_real_time', lambda value: asked.append(value) or 'refused'
    )
    status, _ = run(lambda: signal.raise_signal(signal.SIGINT), realtime='gain')
    assert status == 0
    assert asked == [Settings().gain]


def test_a_node_that_runs_already_does_not_start(run, monkeypatch, capfd):
    def refuse(node):
        raise AlreadyRunsError(node, ' as process 7')

    monkeypatch.setattr(lifecycle, 'OnlyOne', refuse)
    status, calls = run(lambda: None)
    assert status == 2
    assert calls == ['destroy']
    assert '/probe runs already as process 7 on ROS_DOMAIN_ID' in capfd.readouterr().err
