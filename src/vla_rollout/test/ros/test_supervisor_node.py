"""The supervisor over two nodes that only keep their states."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, UTC
import statistics
import time

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
from permitted import identity, unknown, write_preflight
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Float64, String
from std_srvs.srv import Trigger
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import VlaError
from vla_contract.ros.node.lifecycle import VlaNode
from vla_contract.ros.qos import COMMAND, LATCHED, STATE
from vla_contract.ros.question import introduction
from vla_contract.schema import setting
from vla_rollout.deployment import preflight_watch
from vla_rollout.deployment.ros import supervisor_node
from vla_rollout.deployment.ros.supervisor_node import Supervisor
from vla_rollout.episodes.provenance import place_of
from vla_rollout.graph.ros.managed_node import ManagedNode

CELL = load_cell('panda_table')
OWN = identity(cell_sha256=CELL.sha256)


@dataclass(frozen=True)
class Settings:
    locked: bool = setting(False, doc='refuse activation', dynamic=True)


class Managed(VlaNode):
    settings_type = Settings
    has_been = ''

    def build(self, settings) -> None:
        self.has_been += 'built '

    def start(self) -> None:
        if self.get_parameter('locked').value:
            raise VlaError('locked')
        self.has_been += 'started '

    def stop(self) -> None:
        self.has_been += 'stopped '

    def destroy(self) -> None:
        self.has_been += 'destroyed '


class PolicyServer(Managed):
    """Says what it serves, as the real one does."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.serves = OWN.to_json()
        self._identity = self.create_publisher(String, 'policy_server/identity', LATCHED)
        self.say('')

    def build(self, settings) -> None:
        super().build(settings)
        self.say(self.serves)

    def destroy(self) -> None:
        super().destroy()
        self.say('')

    def say(self, text: str) -> None:
        self._identity.publish(String(data=text))


class Noted(ManagedNode):
    """Remembers that it was asked for its state."""

    asked = False

    async def state(self, within_s: float = 60.0) -> int:
        self.asked = True
        return await super().state(within_s)


class Bench:
    """All nodes in one executor, and an operator who calls services."""

    def __init__(self, preflight) -> None:
        self.executor = SingleThreadedExecutor()
        self.filter, self.policy = Managed('action_filter'), PolicyServer('policy_server')
        self.filter.set_parameters([Parameter('locked', value=True)])
        self.supervisor = Supervisor()
        self.operator = Node('operator')
        self.speeds: list[float] = []
        self.operator.create_subscription(Float64, 'speed_scale', self._on_speed, LATCHED)
        for node in (self.filter, self.policy, self.supervisor, self.operator):
            self.executor.add_node(node)
        self.supervisor._parameters['preflight'] = Parameter('preflight', value=str(preflight))
        self.supervisor.trigger_configure()
        self.supervisor.trigger_activate()

    def _on_speed(self, msg: Float64) -> None:
        # It is said again and again.
        self.speeds += [msg.data] if self.speeds[-1:] != [msg.data] else []

    def wait(self, condition) -> None:
        deadline = time.monotonic() + 60.0
        while not condition():
            assert time.monotonic() < deadline, 'condition not met'
            self.executor.spin_once(timeout_sec=0.01)

    def call(self, order: str) -> tuple[bool, str]:
        client = self.operator.create_client(Trigger, f'supervisor/{order}')
        self.wait(client.service_is_ready)
        managed = (self.supervisor._filter, self.supervisor._policy)
        self.wait(lambda: all(node._change_state.service_is_ready() for node in managed))
        future = client.call_async(Trigger.Request())
        self.wait(future.done)
        return future.result().success, future.result().message

    def lose_policy(self) -> None:
        # A node in this process leaves its services behind.
        self.supervisor._policy = ManagedNode(self.supervisor, 'gone')

    def close(self) -> None:
        for node in (self.supervisor, self.filter, self.policy):
            node.shut_down()
        for node in (self.supervisor, self.filter, self.policy, self.operator):
            node.destroy_node()
        self.executor.shutdown()


@pytest.fixture
def make_bench(ros):
    benches = []

    def make(preflight) -> Bench:
        benches.append(Bench(preflight))
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


def preflight(path, **changes):
    values = {
        **asdict(place_of(CELL)),
        'identity': OWN.to_dict(),
        **changes,
    }
    return write_preflight(path, **values)


def test_without_preflight_nothing_is_released(make_bench, tmp_path):
    bench = make_bench(tmp_path / 'preflight.json')
    success, message = bench.call('release')
    assert not success
    assert 'run preflight --json' in message
    assert bench.filter.has_been == bench.policy.has_been == ''


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'passed': False}, 'did not pass'),
        ({'cell_sha256': 'another'}, 'something else: cell'),
        ({'calibration_ids': {'top': 'another'}}, 'calibration of camera top'),
        ({'description_sha256': 'another'}, 'description of the robot ('),
        ({'date': (datetime.now(UTC) - timedelta(hours=13)).isoformat()}, '13 hours old'),
    ],
)
def test_a_preflight_that_does_not_hold_here_and_now_releases_nothing(
    make_bench, tmp_path, changes, reason
):
    bench = make_bench(preflight(tmp_path / 'preflight.json', **changes))
    success, message = bench.call('release')
    assert not success
    assert reason in message
    assert bench.policy.has_been == ''
    assert_locked(bench)


def assert_locked(bench) -> None:
    bench.filter.trigger_configure()
    bench.filter.trigger_activate()
    assert not bench.filter.is_active


def test_an_edited_preflight_releases_nothing(make_bench, tmp_path):
    path = preflight(tmp_path / 'preflight.json', passed=False)
    path.write_text(path.read_text().replace('"passed": false', '"passed": true'))
    bench = make_bench(path)
    success, message = bench.call('release')
    assert not success
    assert 'edited, or written on another machine' in message
    assert_locked(bench)


def test_a_release_that_is_refused_takes_back_the_one_before(make_bench, tmp_path):
    path = preflight(tmp_path / 'preflight.json')
    bench = make_bench(path)
    assert bench.call('release')[0]
    preflight(path, passed=False)
    assert not bench.call('release')[0]
    assert_locked(bench)


@pytest.mark.parametrize(
    ('served', 'reason'),
    [
        (identity(cell_sha256=CELL.sha256, content_sha256='e' * 64), 'files of the policy'),
        (identity(cell_sha256=CELL.sha256, policy_file_sha256='e' * 64), 'policy file'),
        (identity(cell_sha256=CELL.sha256, backend='replay'), 'backend (replay, not lerobot)'),
        (unknown(cell_sha256=CELL.sha256), 'ws://gpu does not say what it serves'),
        (identity(), 'runs in another cell'),
    ],
    ids=['other files', 'other policy file', 'other backend', 'unknown', 'other cell'],
)
def test_what_is_released_is_what_the_server_says_it_serves(make_bench, tmp_path, served, reason):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    bench.policy.serves = served.to_json()
    success, message = bench.call('release')
    assert not success
    assert reason in message
    assert bench.policy.has_been == 'built destroyed '
    assert_locked(bench)


@pytest.mark.parametrize('said', ['', '{"policy": "damaged"}'], ids=['nothing', 'damaged'])
def test_a_server_that_does_not_say_clearly_what_it_serves_is_not_released(
    make_bench, tmp_path, monkeypatch, said
):
    monkeypatch.setattr(supervisor_node, '_IDENTITY_S', 1.0)
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    bench.policy.serves = said
    success, message = bench.call('release')
    assert not success
    assert ('does not say on policy_server/identity' in message) is not bool(said)
    assert bench.policy.has_been == 'built destroyed '
    assert_locked(bench)


def test_a_server_that_was_configured_before_is_asked_anew(make_bench, tmp_path):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    assert bench.call('release')[0]
    assert bench.call('release')[0]
    assert bench.policy.has_been == 'built '
    assert bench.call('lock')[0]
    bench.policy.say(identity(cell_sha256=CELL.sha256, content_sha256='e' * 64).to_json())
    success, message = bench.call('release')
    assert not success
    assert 'files of the policy' in message


@pytest.mark.parametrize(
    ('said', 'reason'),
    [
        (identity(cell_sha256=CELL.sha256, content_sha256='e' * 64).to_json(), 'another policy'),
        ('', 'serves nothing any more'),
        ('{', 'not JSON'),
    ],
    ids=['swapped', 'gone', 'damaged'],
)
def test_what_changes_after_the_release_locks_the_filter(make_bench, tmp_path, said, reason):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    bench.call('release')
    bench.filter.trigger_activate()
    bench.policy.trigger_activate()
    bench.policy.say(OWN.to_json())
    begin = time.monotonic()
    bench.policy.say(said)
    bench.wait(lambda: not bench.filter.is_active)
    assert time.monotonic() - begin < 1.0
    bench.wait(lambda: not bench.policy.is_active)
    assert_locked(bench)
    health = bench.supervisor._health()
    assert health.message.startswith('locked: ')
    assert reason in health.message
    bench.policy.say(OWN.to_json())
    assert bench.call('release')[0]
    assert bench.supervisor._health().message == 'released'


@pytest.fixture
def short_watch(monkeypatch):
    monkeypatch.setattr(preflight_watch, '_FIRST_S', 2.0)
    monkeypatch.setattr(preflight_watch, '_AWAY_S', 1.0)


def test_a_check_without_a_preflight_is_taken_back(make_bench, tmp_path, short_watch):
    bench = make_bench(tmp_path / 'preflight.json')
    assert bench.call('check')[0]
    assert bench.filter.is_active
    bench.wait(lambda: not bench.filter.is_active)
    assert_locked(bench)
    assert 'no preflight was heard' in bench.supervisor._health().message


def test_a_preflight_that_is_killed_leaves_the_filter_locked(make_bench, tmp_path, short_watch):
    bench = make_bench(tmp_path / 'preflight.json')
    watch = bench.operator.create_publisher(String, 'watch', COMMAND)
    bench.wait(lambda: watch.get_subscription_count() == 1)
    assert bench.call('check')[0]
    begin = time.monotonic()

    def lives() -> bool:
        watch.publish(String())
        return time.monotonic() - begin > 4.0

    bench.wait(lives)
    assert bench.filter.is_active
    bench.wait(lambda: not bench.filter.is_active)
    assert_locked(bench)
    assert 'preflight has ended' in bench.supervisor._health().message


def test_a_release_ends_the_watch_over_preflight(make_bench, tmp_path, short_watch):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    assert bench.call('check')[0]
    assert bench.call('release')[0]
    bench.filter.trigger_activate()
    begin = time.monotonic()
    bench.wait(lambda: time.monotonic() - begin > 3.0)
    assert bench.filter.is_active


def test_release_makes_both_ready_and_moves_nothing(make_bench, tmp_path):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    assert bench.call('release') == (True, 'preflight has passed: the filter may be activated')
    assert (bench.filter.has_been, bench.policy.has_been) == ('built ', 'built ')
    bench.filter.trigger_activate()
    assert bench.filter.is_active


def test_check_has_the_filter_alone_and_slow(make_bench, tmp_path):
    bench = make_bench(tmp_path / 'preflight.json')
    bench.policy.trigger_configure()
    assert bench.call('check')[0]
    assert bench.filter.is_active
    assert bench.policy.has_been == 'built destroyed '
    bench.wait(lambda: bench.speeds)
    assert set(bench.speeds) == {0.1}


def lock_in_motion(bench) -> tuple[tuple[bool, str], float]:
    """Lock while both nodes are active; returns the answer and how long it took [s]."""
    bench.call('release')
    bench.filter.trigger_activate()
    bench.policy.trigger_activate()
    begin = time.monotonic()
    return bench.call('lock'), time.monotonic() - begin


def test_lock_stops_the_filter_before_the_policy_and_keeps_it_so(make_bench, tmp_path):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    order = []
    bench.filter.stop = lambda: order.append('filter')
    bench.policy.stop = lambda: order.append('policy')
    answer, _ = lock_in_motion(bench)
    assert answer == (True, 'the arm stands and the filter is locked')
    assert order == ['filter', 'policy']
    bench.filter.trigger_activate()
    assert not bench.filter.is_active


@pytest.mark.parametrize(
    ('lose', 'remark'),
    [
        (lambda bench: bench.executor.remove_node(bench.policy), 'node policy_server'),
        (lambda bench: bench.lose_policy(), 'node gone does not run'),
    ],
    ids=['hung', 'dead'],
)
def test_lock_stops_the_arm_whatever_became_of_the_policy_server(
    make_bench, tmp_path, lose, remark
):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    bench.call('release')
    bench.filter.trigger_activate()
    lose(bench)
    order = bench.operator.create_client(Trigger, 'supervisor/lock')
    bench.wait(order.service_is_ready)
    begin = time.monotonic()
    future = order.call_async(Trigger.Request())
    bench.wait(lambda: not bench.filter.is_active)
    stopped_s = time.monotonic() - begin
    bench.wait(future.done)
    assert stopped_s < 1.0
    assert time.monotonic() - begin < 3.0
    assert future.result().success
    assert remark in future.result().message
    bench.filter.trigger_activate()
    assert not bench.filter.is_active


def test_lock_says_that_a_hung_filter_was_not_stopped(make_bench, tmp_path):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    bench.call('release')
    bench.policy.trigger_activate()
    bench.executor.remove_node(bench.filter)
    begin = time.monotonic()
    success, message = bench.call('lock')
    assert time.monotonic() - begin < 4.0
    assert not success
    assert message == (
        'node action_filter did not answer within 1 s; use the emergency stop of the robot'
    )
    assert not bench.policy.is_active


def test_lock_does_not_wait_for_a_release_that_waits_for_the_policy(make_bench, tmp_path):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    bench.call('check')
    bench.executor.remove_node(bench.policy)  # a large one that is being loaded
    bench.supervisor._policy = Noted(bench.supervisor, 'policy_server')
    client = bench.operator.create_client(Trigger, 'supervisor/release')
    bench.wait(client.service_is_ready)
    bench.wait(introduction(bench.operator, 'supervisor').is_answered)
    released = client.call_async(Trigger.Request())
    bench.wait(lambda: bench.supervisor._policy.asked)
    success, _ = bench.call('lock')
    assert success
    assert not bench.filter.is_active
    assert not released.done()
    bench.executor.add_node(bench.policy)
    bench.wait(released.done)
    assert not released.result().success
    assert 'supervisor/lock was called meanwhile' in released.result().message
    bench.filter.trigger_activate()
    assert not bench.filter.is_active


def test_release_says_that_the_filter_is_latched(make_bench, tmp_path):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    status = bench.operator.create_publisher(DiagnosticStatus, 'action_filter/status', STATE)
    bench.wait(lambda: status.get_subscription_count() == 1)
    for message in ('latched: effort spike panda_joint2', 'inactive'):
        status.publish(DiagnosticStatus(message=message))
        bench.wait(lambda: bench.supervisor._latched_by)
    success, message = bench.call('release')
    assert success
    assert 'the filter is latched: effort spike panda_joint2; call action_filter/reset' in message
    status.publish(DiagnosticStatus(message='hold: no chunk'))
    bench.wait(lambda: not bench.supervisor._latched_by)
    assert bench.call('release') == (True, 'preflight has passed: the filter may be activated')


def test_the_speed_is_a_parameter_and_slow_again_after_every_order(make_bench, tmp_path):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    bench.wait(lambda: bench.speeds == [0.1])
    assert bench.supervisor.set_parameters([Parameter('speed', value=0.5)])[0].successful
    bench.wait(lambda: bench.speeds == [0.1, 0.5])
    for refused in (1.5, -0.1, float('nan')):
        result = bench.supervisor.set_parameters([Parameter('speed', value=refused)])[0]
        assert not result.successful
    bench.call('lock')
    bench.wait(lambda: bench.speeds == [0.1, 0.5, 0.1])


def test_one_that_is_started_again_locks_what_the_one_before_left_unlocked(make_bench, tmp_path):
    bench = make_bench(tmp_path / 'preflight.json')
    bench.filter.set_parameters([Parameter('locked', value=False)])
    bench.filter.trigger_configure()
    bench.filter.trigger_activate()
    assert bench.filter.is_active
    bench.wait(lambda: bench.speeds)
    assert not bench.filter.is_active
    assert_locked(bench)


def test_no_speed_is_said_before_the_filter_was_found_and_locked(make_bench, tmp_path):
    bench = make_bench(tmp_path / 'preflight.json')
    bench.executor.remove_node(bench.filter)
    begin = time.monotonic()
    bench.wait(lambda: time.monotonic() - begin > 3.0)
    assert bench.speeds == []
    bench.executor.add_node(bench.filter)
    bench.wait(lambda: bench.speeds == [0.1])


def test_the_speed_is_said_again_and_again(make_bench, tmp_path):
    bench = make_bench(tmp_path / 'preflight.json')
    heard = []
    bench.operator.create_subscription(
        Float64, 'speed_scale', lambda msg: heard.append(time.monotonic()), LATCHED
    )
    bench.wait(lambda: len(heard) > 10)
    # The action filter lets the arm stand after a second of silence.
    assert statistics.median(np.diff(heard)) < 0.5


def test_what_no_filter_says_changes_nothing(make_bench, tmp_path):
    bench = make_bench(preflight(tmp_path / 'preflight.json'))
    status = bench.operator.create_publisher(DiagnosticStatus, 'action_filter/status', STATE)
    bench.wait(lambda: status.get_subscription_count() == 1)
    for message in ('latched: effort spike panda_joint2', 'nonsense'):
        status.publish(DiagnosticStatus(message=message))
        bench.wait(lambda: bench.supervisor._latched_by)
    assert bench.call('release')[0]
    assert bench.supervisor._latched_by == 'effort spike panda_joint2'
