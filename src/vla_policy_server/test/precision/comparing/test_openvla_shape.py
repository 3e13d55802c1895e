import pytest
from vla_policy_server.precision.comparing.openvla_job import ShapeJob
from vla_policy_server.precision.comparing.openvla_shape import SHAPES


def test_the_full_shape_has_as_many_weights_as_openvla():
    """The published checkpoint openvla/openvla-7b has 7 541 237 184 parameters."""
    import torch
    from vla_policy_server.precision.comparing.openvla_network import OpenVlaNetwork

    with torch.device('meta'):
        network = OpenVlaNetwork(SHAPES['openvla-7b-shape'])
    found = sum(value.numel() for value in network.parameters())
    assert found == pytest.approx(7_541_237_184, rel=1e-6)


@pytest.mark.parametrize('method', ['fp32', 'bf16', 'int8', 'nf4'])
def test_the_tiny_shape_answers_with_seven_bins(method):
    action = ShapeJob('openvla-tiny-shape', method, 'cpu', 1).load().predict()
    assert action.shape == (1, 1, 7)
    centres = (action + 1.0) * 255 / 2 + 0.5  # bin k of 255 has its centre at (2 k - 1) / 255 - 1
    assert float((centres - centres.round()).abs().max()) < 1e-3
    assert float(action.abs().max()) < 1.0


def test_fewer_bits_take_less_memory():
    sizes = [
        ShapeJob('openvla-tiny-shape', method, 'cpu', 1).load().size_bytes
        for method in ('fp32', 'bf16', 'int8', 'nf4')
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[1] == pytest.approx(sizes[0] / 2, rel=0.01)
