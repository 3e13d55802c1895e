import numpy as np
import pytest
from vla_contract.policy import BatchPolicy
from vla_contract.values import Observation
from vla_policy_server.backends.hold import HoldPolicy
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.backends.shared_lerobot import share

RNG = np.random.default_rng(5)


def test_a_batch_answers_each_robot_as_if_it_were_alone(deployment):
    alone = make_policy(deployment, 'cpu')
    shared = share(alone)
    assert isinstance(shared, BatchPolicy)
    seen = [
        Observation(
            k,
            deployment.cell.home + RNG.normal(0.0, 0.1, 8),
            {'top': RNG.integers(0, 256, (384, 384, 3), dtype=np.uint8)},
            f'lift cube {k}',
        )
        for k in range(3)
    ]
    for chunk, observation in zip(shared.infer_batch(seen), seen, strict=True):
        expected = alone.infer(observation)
        assert (chunk.stamp_ns, chunk.period_ns) == (observation.stamp_ns, expected.period_ns)
        assert chunk.positions == pytest.approx(expected.positions, abs=1e-5)


def test_a_policy_with_a_memory_is_not_shared(deployment):
    hold = HoldPolicy(deployment)
    assert share(hold) is hold
    assert not isinstance(hold, BatchPolicy)
