from pathlib import Path

import pytest
from vla_policy_server.precision.evidence import best_precision, write_evidence
from vla_policy_server.precision.graph_folder import graph_folder


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv('VLA_WORKSPACE', str(tmp_path))
    return tmp_path


def test_the_folder_follows_the_weights(reference, network, workspace):
    assert graph_folder(network.policy) == graph_folder(reference)
    assert graph_folder(reference).parent == workspace / 'runs' / 'precision'
    weight = next(network.policy.parameters()).data
    weight.view(-1)[0] += 1e-6
    assert graph_folder(network.policy) != graph_folder(reference)


def test_the_folder_follows_the_configuration_and_the_versions(reference, network, monkeypatch):
    before = graph_folder(reference)
    network.policy.config.chunk_size += 1
    assert graph_folder(network.policy) != before
    monkeypatch.setattr('vla_policy_server.precision.graph_folder._version', lambda _: 'new')
    assert graph_folder(reference) != before


def test_bfloat16_weights_have_a_folder_too(network):
    import torch

    assert graph_folder(network.policy.to(torch.bfloat16)).name


def test_evidence_is_kept_for_each_device(workspace):
    assert best_precision(workspace, 'cpu') == 'fp32'
    write_evidence(workspace, 'cpu', 'openvino')
    write_evidence(workspace, 'cuda', 'tensorrt')
    assert best_precision(workspace, 'cpu') == 'openvino'
    assert best_precision(workspace, 'cuda') == 'tensorrt'
    assert best_precision(workspace, 'cuda:1') == 'fp32'
