"""The network as trained, or with 16-bit weights and arithmetic."""

from typing import Any

from vla_policy_server.precision.predictor import Batch, ChunkPredictor, module_bytes, Network


def make_fp32(network: Network) -> ChunkPredictor:
    """Return the policy itself: LeRobot's eager path, the reference of every other method."""
    policy: ChunkPredictor = network.policy
    return policy


def make_bf16(network: Network) -> ChunkPredictor:
    """Build with bfloat16: the range of float32 with 8 bits of mantissa."""
    import torch

    return CastPolicy(network, torch.bfloat16)


def make_fp16(network: Network) -> ChunkPredictor:
    """Build with float16: 11 bits of mantissa, largest number 65504."""
    import torch

    return CastPolicy(network, torch.float16)


class CastPolicy:
    """A policy with 16-bit weights.

    It runs under autocast, because policies create float32 tensors of their own (ACT its latent)
    that a plain cast of the weights would meet with an error.
    """

    def __init__(self, network: Network, dtype: Any) -> None:
        """Cast the weights in place."""
        self._policy = network.policy.to(dtype)
        self._device_type = network.device.partition(':')[0]
        self._dtype = dtype

    @property
    def size_bytes(self) -> int:
        """Size of the weights [bytes]."""
        return module_bytes(self._policy)

    def predict_action_chunk(self, batch: Batch) -> Any:
        """Return the chunk; un-normalising it in float32 costs nothing and rounds once."""
        import torch

        with torch.autocast(self._device_type, dtype=self._dtype):
            return self._policy.predict_action_chunk(batch).float()

    def reset(self) -> None:
        """Forget the running episode."""
        self._policy.reset()
