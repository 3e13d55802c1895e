import sys

import pytest
from vla_contract.errors import PolicyError, UnknownNameError
from vla_policy_server.precision.predictor import Network
from vla_policy_server.precision.registry import make_predictor


def test_an_unknown_method_lists_those_that_exist(network):
    with pytest.raises(UnknownNameError, match='bf16, compiled, fp16, fp32, int8, nf4, onnx'):
        make_predictor('int7', network)


@pytest.mark.parametrize(
    ('method', 'device', 'allowed'), [('tensorrt', 'cpu', 'cuda'), ('openvino', 'cuda:1', 'cpu')]
)
def test_a_method_of_another_device_is_refused(network, method, device, allowed):
    there = Network(network.policy, network.example, device, network.folder)
    with pytest.raises(PolicyError, match=f"'{method}' runs on {allowed}, not on {device}"):
        make_predictor(method, there)


def test_a_missing_package_is_named(network, monkeypatch):
    monkeypatch.setitem(sys.modules, 'bitsandbytes', None)
    with pytest.raises(PolicyError, match="'int8' needs a package: .*bitsandbytes"):
        make_predictor('int8', network)


def test_what_a_runtime_raises_becomes_one_sentence(network):
    (network.folder / 'network.onnx').write_bytes(b'not a graph')
    with pytest.raises(PolicyError, match="'onnx' cannot be used: ") as caught:
        make_predictor('onnx', network)
    assert '\n' not in str(caught.value)


def test_fp32_is_the_policy_itself(network):
    assert make_predictor('fp32', network) is network.policy
