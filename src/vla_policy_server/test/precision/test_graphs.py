"""Methods that export the network."""

import pytest
from vla_contract.errors import PolicyError
from vla_policy_server.precision.graphs.chunk_graph import chunk_graph
from vla_policy_server.precision.methods.onnx_int8 import int8_graph
from vla_policy_server.precision.predictor import Network, size_bytes
from vla_policy_server.precision.registry import make_predictor


@pytest.mark.parametrize('method', ['onnx', 'openvino'])
def test_float32_graphs_compute_what_the_policy_does(exported, difference, method):
    predictor = make_predictor(method, exported)
    assert difference(predictor) < 1e-5
    assert size_bytes(predictor) == (exported.folder / 'network.onnx').stat().st_size


@pytest.mark.parametrize('method', ['onnx_int8', 'openvino_int8'])
def test_int8_graphs_are_smaller_and_stay_close(exported, difference, method):
    predictor = make_predictor(method, exported)
    assert size_bytes(predictor) < 0.5 * (exported.folder / 'network.onnx').stat().st_size
    assert 0.0 < difference(predictor) < 0.2


def test_a_chunk_outlives_the_next_one(exported, observe):
    for method in ('onnx', 'openvino'):
        predictor = make_predictor(method, exported)
        first = predictor.predict_action_chunk(observe(1))
        kept = first.clone()
        predictor.predict_action_chunk(observe(2))
        assert (first == kept).all()


def test_a_graph_is_exported_once(exported):
    before = chunk_graph(exported).stat().st_mtime_ns
    unusable = Network(None, exported.example, 'cpu', exported.folder)
    assert chunk_graph(unusable).stat().st_mtime_ns == before


def test_a_policy_that_draws_noise_is_not_exported(noisy_network):
    with pytest.raises(PolicyError, match='of policies that draw noise, only flows are exported'):
        make_predictor('onnx', noisy_network)
    assert not (noisy_network.folder / 'network.onnx').exists()


def test_int8_without_frames_says_how_to_get_them(exported, tmp_path):
    bare = Network(exported.policy, exported.example, 'cpu', tmp_path)
    with pytest.raises(PolicyError, match='run vla policy benchmark'):
        int8_graph(bare)


def test_bfloat16_needs_a_cpu_that_has_it(exported, monkeypatch):
    import openvino

    monkeypatch.setattr(openvino.Core, 'get_property', lambda *_: ['FP32', 'INT8'])
    with pytest.raises(PolicyError, match='no bfloat16; OpenVINO finds: FP32, INT8'):
        make_predictor('openvino_bf16', exported)


def test_a_provider_that_is_not_there_is_named(exported):
    there = Network(exported.policy, exported.example, 'cuda', exported.folder)
    with pytest.raises(PolicyError, match='no CUDAExecutionProvider .*install onnxruntime-gpu'):
        make_predictor('onnx', there)
