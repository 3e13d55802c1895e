"""INT8 and NF4 weights through bitsandbytes, for the linear layers of any policy.

INT8: Dettmers et al., 'LLM.int8()', NeurIPS 2022; NF4: Dettmers et al., 'QLoRA', NeurIPS 2023.
"""

from collections.abc import Callable
from typing import Any

from vla_contract.errors import PolicyError
from vla_policy_server.precision.predictor import ChunkPredictor, Network

# bitsandbytes scales weights in blocks of 64: a narrower layer saves nothing and cannot be packed.
_BLOCK = 64
# Columns of activations with an outlier above this stay in 16 bits (section 3.2 of LLM.int8()).
_OUTLIER = 6.0


def make_int8(network: Network) -> ChunkPredictor:
    """Replace the linear layers by INT8 ones with outlier columns in 16 bits."""
    return _replace_all(network, _int8)


def make_nf4(network: Network) -> ChunkPredictor:
    """Replace the linear layers by ones with 4-bit normal-float weights."""
    return _replace_all(network, _nf4)


def _replace_all(network: Network, make: Callable[[Any], Any]) -> ChunkPredictor:
    """Quantise in place.

    Raises:
        PolicyError: the policy has no layer to quantise.
    """
    if not _replace(network.policy, make, network.device):
        raise PolicyError(f'the policy has no linear layer of {_BLOCK} x {_BLOCK} or more')
    policy: ChunkPredictor = network.policy
    return policy


def _replace(module: Any, make: Callable[[Any], Any], device: str) -> int:
    """Replace what can be replaced below a module and return how many layers that were.

    torch's MultiheadAttention reads the weights of its projections itself, so it stays.
    """
    from torch import nn

    replaced = 0
    for name, child in module.named_children():
        if isinstance(child, nn.MultiheadAttention):
            continue
        if type(child) is nn.Linear:
            if min(child.in_features, child.out_features) >= _BLOCK:
                # bitsandbytes packs weights when they move away from the CPU's memory.
                setattr(module, name, make(child.cpu()).to(device))
                replaced += 1
        else:
            replaced += _replace(child, make, device)
    return replaced


def _int8(linear: Any) -> Any:
    from bitsandbytes import nn as bnb

    layer = bnb.Linear8bitLt(
        linear.in_features,
        linear.out_features,
        bias=linear.bias is not None,
        has_fp16_weights=False,
        threshold=_OUTLIER,
    )
    layer.weight = bnb.Int8Params(linear.weight.data, requires_grad=False, has_fp16_weights=False)
    layer.bias = linear.bias
    return layer


def _nf4(linear: Any) -> Any:
    from bitsandbytes import nn as bnb

    layer = bnb.Linear4bit(
        linear.in_features,
        linear.out_features,
        bias=linear.bias is not None,
        compute_dtype=linear.weight.dtype,
        quant_type='nf4',
    )
    layer.weight = bnb.Params4bit(linear.weight.data, requires_grad=False, quant_type='nf4')
    layer.bias = linear.bias
    return layer
