"""torch.compile of the whole chunk prediction; on a GPU replayed as CUDA graphs."""

from typing import Any

from vla_policy_server.precision.predictor import (
    Batch,
    ChunkPredictor,
    module_bytes,
    Network,
    tensors,
)


def make_compiled(network: Network) -> ChunkPredictor:
    """Build; the compiler itself runs at the first predictions."""
    return CompiledPolicy(network)


class CompiledPolicy:
    """A policy whose prediction torch has compiled.

    Compiled weights are frozen on a CPU, which folds normalisation into convolutions and lays
    the weights out for the kernels; on a GPU a graph replaces hundreds of kernel launches by one.
    """

    def __init__(self, network: Network) -> None:
        """Prepare to compile."""
        import torch

        on_gpu = network.device.startswith('cuda')
        options = {'triton.cudagraphs': True} if on_gpu else {'freezing': True}
        self._policy = network.policy
        self._predict = torch.compile(network.policy.predict_action_chunk, options=options)

    @property
    def size_bytes(self) -> int:
        """Size of the weights [bytes]."""
        return module_bytes(self._policy)

    def predict_action_chunk(self, batch: Batch) -> Any:
        """Return the chunk, copied: the next replay of a CUDA graph overwrites its output."""
        return self._predict(tensors(batch)).clone()

    def reset(self) -> None:
        """Forget the running episode."""
        self._policy.reset()
