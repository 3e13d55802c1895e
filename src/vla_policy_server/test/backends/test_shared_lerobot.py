from dataclasses import replace
import json
from pathlib import Path
import shutil
from types import SimpleNamespace

import numpy as np
from policy_changes import with_policy
import pytest
from tiny_checkpoints import deployment_of, write_checkpoint
from vla_contract.policy import BatchPolicy
from vla_contract.share import find_model
from vla_contract.values import Observation
from vla_policy_server.backends.hold import HoldPolicy
from vla_policy_server.backends.lerobot_policy import LeRobotPolicy
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.backends.shared_lerobot import share

RNG = np.random.default_rng(5)


def seen_by(deployment, robots: int) -> list[Observation]:
    """Return what robots in different poses see."""
    return [
        Observation(
            k,
            deployment.cell.home + RNG.normal(0.0, 0.1, 8),
            {'top': RNG.integers(0, 256, (384, 384, 3), dtype=np.uint8)},
            f'lift cube {k}',
        )
        for k in range(robots)
    ]


def with_relative_actions(folder: Path) -> Path:
    """Return a copy of the shipped checkpoint whose actions count from the state."""
    shipped = find_model('panda_lift_act')
    assert shipped is not None
    shutil.copytree(shipped, folder)
    for name, place in (('relative', 2), ('absolute', 2)):
        path = folder / f'policy_{"pre" if name == "relative" else "post"}processor.json'
        pipeline = json.loads(path.read_text())
        step = {'registry_name': f'{name}_actions_processor', 'config': {'enabled': True}}
        pipeline['steps'].insert(place, step)
        path.write_text(json.dumps(pipeline))
    return folder


def test_robots_with_relative_actions_do_not_share_a_state(deployment, tmp_path):
    source = str(with_relative_actions(tmp_path / 'relative'))
    alone = make_policy(with_policy(deployment, source=source), 'cpu')
    shared = share(alone)
    assert isinstance(shared, BatchPolicy)
    seen = seen_by(deployment, 3)
    for chunk, observation in zip(shared.infer_batch(seen), seen, strict=True):
        expected = alone.infer(observation).positions
        assert chunk.positions == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize('kind', ['tdmpc', 'lingbot_va', 'molmoact2', 'somebody_elses'])
def test_a_type_that_may_remember_is_not_shared(deployment, kind):
    config = SimpleNamespace(type=kind, n_obs_steps=1)
    policy = LeRobotPolicy.__new__(LeRobotPolicy)
    policy.checkpoint = SimpleNamespace(network=SimpleNamespace(config=config))
    policy.earlier_steps = 0
    assert share(policy) is policy


def test_a_batch_answers_each_robot_as_if_it_were_alone(deployment):
    alone = make_policy(deployment, 'cpu')
    shared = share(alone)
    assert isinstance(shared, BatchPolicy)
    seen = seen_by(deployment, 3)
    for chunk, observation in zip(shared.infer_batch(seen), seen, strict=True):
        expected = alone.infer(observation)
        assert (chunk.stamp_ns, chunk.period_ns) == (observation.stamp_ns, expected.period_ns)
        assert chunk.positions == pytest.approx(expected.positions, abs=1e-5)


def with_still_noise(policy):
    """Return a smolvla that draws zeros, so that rows of a batch draw the same."""
    import torch

    policy.checkpoint.network.model.sample_noise = lambda shape, device: torch.zeros(shape)
    return policy


def test_robots_with_instructions_of_different_lengths_are_answered(deployment, tmp_path):
    made = deployment_of(deployment, tmp_path / 'policy')
    write_checkpoint(made, 'smolvla', tmp_path / 'policy')
    alone = with_still_noise(make_policy(made, 'cpu'))
    shared = share(alone)
    assert isinstance(shared, BatchPolicy)
    one, other = seen_by(made, 2)
    for seen in ([one, other], [one, replace(other, instruction='open the drawer slowly')]):
        for chunk, observation in zip(shared.infer_batch(seen), seen, strict=True):
            expected = alone.infer(observation).positions
            assert chunk.positions == pytest.approx(expected, abs=1e-5)


def test_robots_share_a_policy_that_is_asked_by_steps(deployment, tmp_path):
    made = deployment_of(deployment, tmp_path / 'policy')
    write_checkpoint(made, 'vqbet', tmp_path / 'policy', n_obs_steps=1)
    alone = make_policy(made, 'cpu')
    shared = share(alone)
    assert isinstance(shared, BatchPolicy)
    seen = seen_by(made, 2)
    answers = with_seed(lambda: shared.infer_batch(seen))
    expected = with_seed(lambda: [alone.infer(observation) for observation in seen])
    for chunk, one in zip(answers, expected, strict=True):
        assert (chunk.positions == one.positions).all()


def with_seed(ask):
    import torch

    torch.manual_seed(0)
    return ask()


def test_a_policy_with_a_memory_is_not_shared(deployment):
    hold = HoldPolicy(deployment)
    assert share(hold) is hold
    assert not isinstance(hold, BatchPolicy)
