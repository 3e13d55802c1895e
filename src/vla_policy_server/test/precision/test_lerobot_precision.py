"""The shipped checkpoint in another precision, through the lerobot backend."""

import numpy as np
from policy_changes import with_policy
import pytest
from tiny_checkpoints import deployment_of, write_checkpoint
from vla_contract.errors import PolicyError
from vla_contract.values import Observation
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.precision.evidence import write_evidence
from vla_policy_server.precision.graph_folder import graph_folder


@pytest.fixture(scope='module')
def fp32(deployment):
    return make_policy(deployment, 'cpu')


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv('VLA_WORKSPACE', str(tmp_path))


def test_another_precision_is_close_and_says_so(deployment, fp32):
    bf16 = make_policy(deployment, 'cpu', 'bf16')
    image = np.full((384, 384, 3), (170, 140, 105), np.uint8)
    observation = Observation(7, deployment.cell.home, {'top': image}, 'lift the cube')
    difference = bf16.infer(observation).positions - fp32.infer(observation).positions
    assert 0.0 < np.abs(difference).max() < 0.05
    assert bf16.notes == ('precision: bf16',)


def test_auto_is_fp32_until_a_benchmark_has_run(deployment, fp32):
    policy = make_policy(deployment, 'cpu', 'auto')
    assert policy.precision == 'fp32'
    write_evidence(graph_folder(fp32.checkpoint.network), 'cpu', 'bf16')
    policy = make_policy(deployment, 'cpu', 'auto')
    assert policy.precision == 'bf16'


def test_a_backend_without_a_network_has_no_precision(deployment):
    assert make_policy(with_policy(deployment, backend='hold'), 'cpu', 'auto')
    with pytest.raises(PolicyError, match="backend 'hold' has no precision; found: bf16"):
        make_policy(with_policy(deployment, backend='hold'), 'cpu', 'bf16')


def test_a_policy_that_is_asked_by_steps_runs_in_16_bits_and_not_as_a_graph(deployment, tmp_path):
    made = deployment_of(deployment, tmp_path / 'policy')
    write_checkpoint(made, 'vqbet', tmp_path / 'policy')
    image = np.full((384, 384, 3), (170, 140, 105), np.uint8)
    observation = Observation(7, deployment.cell.home, {'top': image}, 'lift the cube')
    chunks = [
        make_policy(made, 'cpu', precision).infer(observation) for precision in ('fp32', 'bf16')
    ]
    assert chunks[0].positions.shape == chunks[1].positions.shape
    with pytest.raises(PolicyError, match="'vqbet' is asked step by step; allowed: fp32, bf16"):
        make_policy(made, 'cpu', 'onnx')
