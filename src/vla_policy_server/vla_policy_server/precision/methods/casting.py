"""The network as trained, or with 16-bit weights and arithmetic."""

from typing import Any

from vla_policy_server.precision.predictor import Batch, ChunkPredictor, Network


def make_fp32(network: Network) -> ChunkPredictor:
    """Return the policy itself: LeRobot's eager path, the reference of every other method."""
    policy: ChunkPredictor = network.policy
    return policy


def make_bf16(network: Network) -> ChunkPredictor:
    """Build with bfloat16: the range of float32 with 8 bits of mantissa."""
    import torch

    return _cast(network, torch.bfloat16)


def make_fp16(network: Network) -> ChunkPredictor:
    """Build with float16: 11 bits of mantissa, largest number 65504."""
    import torch

    return _cast(network, torch.float16)


def _cast(network: Network, dtype: Any) -> ChunkPredictor:
    """Cast the weights in place and let the policy predict under autocast.

    Policies create float32 tensors of their own (ACT its latent) that cast weights alone would
    meet with an error. The policy stays itself otherwise, with its real-time chunking.
    """
    import torch

    policy = network.policy.to(dtype)
    predict = policy.predict_action_chunk
    device_type = network.device.partition(':')[0]

    def predict_under_autocast(batch: Batch, **guidance: Any) -> Any:
        with torch.autocast(device_type, dtype=dtype):
            return predict(batch, **guidance).float()

    policy.predict_action_chunk = predict_under_autocast
    cast: ChunkPredictor = policy
    return cast
