"""Goals of a gripper action; control_msgs is not on PyPI, so its messages are stood in for."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from vla_action_filter.output.command_loop import Orders
from vla_action_filter.ros.channels import gripper_sender
from vla_action_filter.ros.channels.gripper_sender import GripperSender
from vla_action_filter.verdict import FilterResult
from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.channels import Channel, GRIPPER_COMMAND, PARALLEL_GRIPPER
from vla_contract.errors import VlaError
from vla_contract.filter_status import Verdict

CELL = load_cell('panda_table')
GRIPPER = CELL.joint_names[-1]


class Client:
    """An action client whose server answers at once."""

    def __init__(self, node, kind, name) -> None:
        self.name, self.goals, self.is_ready, self.accepts = name, [], True, True

    def server_is_ready(self) -> bool:
        return self.is_ready

    def send_goal_async(self, goal):
        self.goals.append(goal)
        answer = SimpleNamespace(result=lambda: SimpleNamespace(accepted=self.accepts))
        return SimpleNamespace(add_done_callback=lambda callback: callback(answer))


@pytest.fixture
def actions(monkeypatch):
    module = ModuleType('control_msgs.action')
    module.GripperCommand = SimpleNamespace(
        Goal=lambda: SimpleNamespace(command=SimpleNamespace(position=0.0, max_effort=0.0))
    )
    module.ParallelGripperCommand = SimpleNamespace(Goal=lambda: SimpleNamespace(command=None))
    package = ModuleType('control_msgs')
    package.action = module
    monkeypatch.setitem(sys.modules, 'control_msgs', package)
    monkeypatch.setitem(sys.modules, 'control_msgs.action', module)
    monkeypatch.setattr(gripper_sender, 'ActionClient', Client)


def sender(kind: str = GRIPPER_COMMAND) -> GripperSender:
    return GripperSender(None, Channel('gripper', kind, (GRIPPER,), 'hand', 20.0), CELL)


def orders(position: float, is_streaming: bool = True) -> Orders:
    command = np.array([*CELL.home[:-1], position])
    result = FilterResult(command, Verdict.PASS, ())
    return Orders(result, goal=command if is_streaming else None)


def test_where_the_fingers_are_when_the_filter_arms_is_no_goal(actions):
    gripper = sender()
    gripper.send(orders(0.3, is_streaming=False))
    gripper.send(orders(0.3))
    assert gripper._client.goals == []


def test_a_change_is_one_goal_with_the_force_of_the_channel(actions):
    gripper = sender()
    gripper.send(orders(0.0, is_streaming=False))
    for _ in range(5):
        gripper.send(orders(0.8))
    (goal,) = gripper._client.goals
    assert (goal.command.position, goal.command.max_effort) == (0.8, 20.0)
    assert gripper._client.name == 'hand/gripper_cmd'


def test_a_parallel_gripper_gets_a_joint_state(actions):
    gripper = sender(PARALLEL_GRIPPER)
    gripper.send(orders(0.0, is_streaming=False))
    gripper.send(orders(0.8))
    (goal,) = gripper._client.goals
    assert (goal.command.name, list(goal.command.position)) == ([GRIPPER], [0.8])
    assert list(goal.command.effort) == [20.0]


def test_a_missing_server_and_a_refused_goal_are_reasons_not_to_move(actions):
    gripper = sender()
    gripper._client.is_ready = False
    assert gripper.fault().startswith('no action server hand/gripper_cmd')
    gripper._client.is_ready, gripper._client.accepts = True, False
    gripper.send(orders(0.0, is_streaming=False))
    gripper.send(orders(0.8))
    assert gripper.fault() == 'hand/gripper_cmd refused a goal'
    gripper.send(orders(0.8))
    assert len(gripper._client.goals) == 2, 'it is sent again as soon as the arm may move'


def test_without_control_msgs_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'control_msgs', None)
    with pytest.raises(VlaError, match='needs the package control_msgs'):
        sender()
