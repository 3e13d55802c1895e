"""The rollout's side of a graph, with the other side in the same process."""

from dataclasses import dataclass

from bare_robot import wait_until
from diagnostic_msgs.msg import DiagnosticArray
import pytest
from rcl_interfaces.srv import SetParameters
from std_msgs.msg import Float64
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.node.diagnostics import Health, loading, OK, status_msg
from vla_contract.ros.node.lifecycle import VlaNode
from vla_contract.ros.qos import LATCHED, STATE
from vla_contract.schema import setting
from vla_rollout.graph.ros.absent_node import AbsentNode
from vla_rollout.graph.ros.graph import RolloutGraph
from vla_rollout.graph.ros.node_calls import GraphError


@dataclass(frozen=True)
class Settings:
    speed: float = setting(0.1, doc='as of the supervisor', lower=0, upper=1, dynamic=True)


class Owner(VlaNode):
    settings_type = Settings


@pytest.fixture
def graph(robot):
    graph = RolloutGraph(
        robot.operator.context, load_cell('panda_table'), lambda: None, has_simulator=False
    )
    graph.wait_until_ready(60.0)
    yield graph
    graph.close()


@pytest.fixture
def speeds(robot):
    speeds: list[float] = []
    robot.operator.create_subscription(
        Float64, 'speed_scale', lambda msg: speeds.append(msg.data), LATCHED
    )
    return speeds


def test_the_supervisor_owns_the_speed_where_there_is_one(robot, graph, speeds):
    owner = Owner('supervisor')
    robot.executor.add_node(owner)
    service = graph.calls._client(SetParameters, 'supervisor/set_parameters')
    wait_until(service.service_is_ready)
    graph.set_speed(0.4)
    assert owner.get_parameter('speed').value == 0.4
    with pytest.raises(GraphError, match='supervisor refused speed=1.4'):
        graph.set_speed(1.4)
    assert robot.operator.count_publishers('speed_scale') == 0
    assert speeds == []
    robot.executor.remove_node(owner)
    owner.destroy_node()


def test_without_a_supervisor_the_rollout_says_the_speed_itself(robot, graph, speeds):
    assert robot.operator.count_publishers('speed_scale') == 0
    graph.set_speed(0.4)
    wait_until(lambda: speeds == [0.4])


def test_a_policy_that_says_it_is_loading_is_waited_for(robot, graph):
    """However long: here for three times as long as anything else."""
    diagnostics = robot.operator.create_publisher(DiagnosticArray, 'diagnostics', STATE)
    seconds = iter(range(1000))

    def has_loaded() -> bool:
        second = next(seconds)
        health = loading(second) if second < 15 else Health(OK, 'inactive', {})
        diagnostics.publish(DiagnosticArray(status=[status_msg('policy_server', health)]))
        return False

    wait_until(lambda: diagnostics.get_subscription_count() > 0)
    with pytest.raises(GraphError, match=r'waited 0\.1 s for it'):
        graph.wait_until(has_loaded, 0.1, 'it')
    assert next(seconds) > 15


def test_what_rests_is_left_alone_when_a_rollout_ends(robot, graph):
    assert graph.rest() == 'the arm rests'
    assert robot.filter.history == robot.policy.history == []


def test_arming_says_how_the_filter_stands(robot, graph):
    assert graph.arm() == ''
    graph.motion.pause()
    robot.filter.says = 'latched: joint_states stale'
    assert graph.arm() == 'joint_states stale'
    assert robot.policy.history == []


def test_a_filter_that_hangs_is_told_to_stop_all_the_same(robot, graph):
    graph.motion.resume()
    robot.executor.remove_node(robot.filter)
    said = graph.rest()
    assert said.startswith('the arm was NOT brought to rest; waited 0.5 s for an answer')
    assert not robot.policy.is_active
    robot.executor.add_node(robot.filter)
    wait_until(lambda: not robot.filter.is_active)


def test_a_node_that_is_not_there_is_said_with_what_is_there_instead(robot):
    said: list[str] = []
    graph = RolloutGraph(robot.operator.context, load_cell('panda_table'), lambda: None,
                         has_simulator=True, tell=said.append)  # fmt: skip
    with pytest.raises(GraphError) as refused:
        graph.wait_until_ready(60.0, appear_s=3.0, hint='vla up starts it')
    graph.close()
    domain = robot.operator.context.get_domain_id()
    place = f'on ROS_DOMAIN_ID={domain} there is /action_filter, /operator, /policy_server'
    assert place in str(refused.value)
    assert str(refused.value).startswith('waited 3 s for node mujoco_bridge to start: ')
    assert str(refused.value).endswith('; vla up starts it')
    assert said[0].startswith('waiting for node mujoco_bridge, ')
    assert place in said[0]


def test_what_is_said_of_an_absent_node_comes_at_once_and_then_now_and_then(robot):
    now_s = 100.0
    absent = AbsentNode(robot.operator, 'mujoco_bridge', 30.0, clock=lambda: now_s)
    said = []
    for now_s in (100.0, 101.9, 102.0, 103.0, 111.9, 112.0, 131.0):  # noqa: B007 - the clock's
        said.append(absent.news().partition(':')[0])
    assert said == [
        '', '', 'waiting for node mujoco_bridge, 28 s more', '', '',
        'waiting for node mujoco_bridge, 18 s more', 'waiting for node mujoco_bridge, 0 s more',
    ]  # fmt: skip
