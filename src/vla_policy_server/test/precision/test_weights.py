"""Methods that change the weights of the torch policy."""

import pytest
from vla_contract.errors import PolicyError
from vla_policy_server.precision.predictor import Network, size_bytes
from vla_policy_server.precision.registry import make_predictor


# The tiny network's numbers are of order 1. bfloat16 has 8 bits of mantissa, float16 has 11.
@pytest.mark.parametrize(('method', 'allowed'), [('bf16', 0.1), ('fp16', 0.02)])
def test_16_bits_halve_the_weights_and_stay_close(network, difference, reference, method, allowed):
    predictor = make_predictor(method, network)
    assert size_bytes(predictor) == pytest.approx(size_bytes(reference) / 2, rel=0.01)
    assert 0.0 < difference(predictor) < allowed


@pytest.mark.parametrize(('method', 'allowed'), [('int8', 0.1), ('nf4', 0.5)])
def test_packed_weights_are_smaller_and_stay_close(
    network, difference, reference, method, allowed
):
    predictor = make_predictor(method, network)
    assert size_bytes(predictor) < size_bytes(reference)
    assert 0.0 < difference(predictor) < allowed


def test_attention_and_narrow_layers_keep_their_weights(network):
    from torch import nn

    policy = make_predictor('nf4', network)
    attention = policy.model.encoder.layers[0].self_attn
    assert isinstance(attention, nn.MultiheadAttention)
    assert type(attention.out_proj).__mro__[1] is nn.Linear
    assert attention.out_proj.weight.is_floating_point()
    assert type(policy.model.action_head) is nn.Linear  # 64 wide, 8 out
    assert type(policy.model.encoder.layers[0].linear1) is not nn.Linear


def test_a_policy_without_wide_layers_cannot_be_packed(tmp_path):
    from torch import nn

    with pytest.raises(PolicyError, match='no linear layer of 64 x 64'):
        make_predictor('int8', Network(nn.Sequential(nn.Linear(8, 8)), {}, 'cpu', tmp_path))


@pytest.mark.parametrize('method', ['bf16', 'int8', 'nf4'])
def test_what_else_a_policy_can_do_stays_reachable(network, method):
    assert make_predictor(method, network).config is network.policy.config


class TestCompiled:
    """What surrounds the compiler; compiling itself takes too long for a test."""

    @pytest.fixture
    def asked(self, monkeypatch) -> list:
        """Replace the compiler by one that hands out the same tensor again and again."""
        import torch

        calls = []

        def compile_to_graph(function, options):
            output = torch.empty(1, 4, 8)

            def replay(batch):
                calls.append((batch, options))
                return output.copy_(function(batch))

            return replay

        monkeypatch.setattr(torch, 'compile', compile_to_graph)
        return calls

    def test_only_tensors_reach_the_graph(self, network, asked, difference):
        assert difference(make_predictor('compiled', network)) == 0.0
        batch, options = asked[0]
        assert set(batch) == {'observation.state', 'observation.images.top'}
        assert options == {'freezing': True}

    def test_a_chunk_outlives_the_next_replay(self, network, asked, observe):
        predictor = make_predictor('compiled', network)
        first = predictor.predict_action_chunk(observe(1))
        kept = first.clone()
        predictor.predict_action_chunk(observe(2))
        assert (first == kept).all()

    def test_reset_reaches_the_policy(self, network, asked):
        network.policy._action_queue.append('old')
        make_predictor('compiled', network).reset()
        assert not network.policy._action_queue
