"""Real-time chunking over the wire: the worker's policy continues what the robot says it plays."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from flow_network import FlowNetwork
import numpy as np
from openpi_server import openpi_server
import pytest
from vla_contract.errors import PolicyError
from vla_contract.values import CommittedPlan, Observation
from vla_lerobot.checkpoints.checkpoint import load_checkpoint
from vla_policy_server.backends.lerobot_policy import LeRobotPolicy
from vla_policy_server.backends.remote import RemotePolicy
from vla_policy_server.backends.remote_config import RemoteConfig
from vla_policy_server.backends.shared_lerobot import SharedLeRobotPolicy
from vla_policy_server.serving.chunk_scheduler import Schedule
from vla_policy_server.serving.session import PolicySession
from vla_policy_server.wire.errors import MessageRefusedError
from vla_policy_server.wire.request import PLAN, read_plan, write_plan
from vla_policy_server.worker.inference_engine import infer_together, LocalEngine
from vla_policy_server.worker.policy_service import PolicyService

STATE = np.array([0.0, 0.15, 0.0, -2.15, 0.0, 2.30, 0.785, 0.0])
IMAGE = np.full((384, 384, 3), 128, np.uint8)
PLANS = (
    None,
    CommittedPlan(STATE + 0.02 * np.arange(1, 7)[:, None], 3),
    CommittedPlan(STATE - 0.01 * np.arange(1, 13)[:, None], 0),
)


@pytest.fixture(scope='module')
def checkpoint(deployment):
    return load_checkpoint(deployment, 'cpu')


@pytest.fixture
def make(deployment, checkpoint) -> Callable[[], LeRobotPolicy]:
    return lambda: LeRobotPolicy(deployment, replace(checkpoint, network=FlowNetwork()))


@pytest.fixture(params=[lambda policy: policy, SharedLeRobotPolicy])
def far(deployment, serve, make, request) -> Iterator[RemotePolicy]:
    server = serve(PolicyService(deployment, LocalEngine(lambda: request.param(make()), 8)))
    policy = RemotePolicy(deployment, RemoteConfig(server.url))
    yield policy
    policy.close()


def seen(committed: CommittedPlan | None = None) -> Observation:
    return Observation(0, STATE, {'top': IMAGE}, '', committed=committed)


def test_a_worker_continues_a_plan_as_the_policy_here_does(far, make):
    near = make()
    near.prepare_to_continue()
    far.prepare_to_continue()
    for plan in (*PLANS, *PLANS):
        found, wanted = far.infer(seen(plan)), near.infer(seen(plan))
        assert found.positions == pytest.approx(wanted.positions, abs=1e-6)
    assert not np.allclose(near.infer(seen(PLANS[1])).positions, near.infer(seen()).positions)


def test_a_session_continues_chunks_over_the_wire(deployment, far):
    assert PolicySession(deployment, far, Schedule('rtc', 4)).follows_the_plan


def test_robots_in_one_batch_each_have_their_own_plan(make):
    near, shared = make(), SharedLeRobotPolicy(make())
    wanted = [near.infer(seen(plan)).positions for plan in PLANS]
    found = infer_together(shared, [seen(plan) for plan in PLANS])
    for chunk, positions in zip(found, wanted, strict=True):
        assert chunk.positions == pytest.approx(positions, abs=1e-6)


def test_a_policy_that_cannot_continue_says_so_before_anything_moves(
    deployment, checkpoint, serve
):
    policy = LeRobotPolicy(deployment, checkpoint)
    server = serve(PolicyService(deployment, LocalEngine(lambda: policy, 8)))
    far = RemotePolicy(deployment, RemoteConfig(server.url))
    with pytest.raises(PolicyError, match='mode rtc: .* does not say that it continues a plan'):
        PolicySession(deployment, far, Schedule('rtc', 4))
    with pytest.raises(MessageRefusedError, match='refused: the policy cannot continue a plan'):
        far.infer(seen(PLANS[1]))
    far.close()


def test_a_server_of_others_is_not_believed_to_continue_plans(deployment):
    with openpi_server(lambda _: {}, {'can_continue': True}) as url:
        far = RemotePolicy(deployment, RemoteConfig(url))
        with pytest.raises(PolicyError, match='does not say that it continues a plan'):
            far.prepare_to_continue()
        far.close()


def test_a_plan_survives_the_way():
    message = write_plan({'prompt': ''}, PLANS[1])
    plan = read_plan(message, 8)
    assert (plan.positions == PLANS[1].positions).all()
    assert plan.delay_steps == 3
    assert write_plan({'prompt': ''}, None) == {'prompt': ''}
    assert read_plan({}, 8) is None


@pytest.mark.parametrize(
    'changes',
    [
        {'positions': np.zeros((3, 7))},
        {'positions': np.zeros(8)},
        {'positions': np.zeros((0, 8))},
        {'positions': np.zeros((1001, 8))},
        {'positions': np.full((3, 8), np.inf)},
        {'positions': [[0.0] * 8]},
        {'delay_steps': -1},
        {'delay_steps': 1.5},
        {'delay_steps': None},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(changes: dict[str, Any]):
    good = {'positions': np.zeros((3, 8)), 'delay_steps': 1}
    assert read_plan({PLAN: good}, 8) is not None
    with pytest.raises(MessageRefusedError, match='plan: found something else; allowed: positi'):
        read_plan({PLAN: {**good, **changes}}, 8)
