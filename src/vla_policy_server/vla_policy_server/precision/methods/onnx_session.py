"""A graph in ONNX Runtime: on a CPU, on CUDA, or through TensorRT."""

from pathlib import Path
from typing import Any

import numpy as np
from vla_contract.errors import PolicyError
from vla_policy_server.precision.methods.onnx_graph import onnx_graph, OUTPUT
from vla_policy_server.precision.predictor import Batch, ChunkPredictor, Network

Provider = tuple[str, dict[str, str]]


def make_onnx(network: Network) -> ChunkPredictor:
    """Build with the provider of the network's device."""
    name = 'CUDAExecutionProvider' if network.device.startswith('cuda') else 'CPUExecutionProvider'
    return OnnxSession(onnx_graph(network), network, (name, {}))


def make_tensorrt(network: Network) -> ChunkPredictor:
    """Build with TensorRT in FP16; its engine, minutes of work, is kept beside the graph."""
    options = {
        'trt_fp16_enable': 'True',
        'trt_engine_cache_enable': 'True',
        'trt_engine_cache_path': str(network.folder),
    }
    return OnnxSession(onnx_graph(network), network, ('TensorrtExecutionProvider', options))


class OnnxSession:
    """Runs a graph on torch tensors where they are, without copies through the host."""

    def __init__(self, graph: Path, network: Network, provider: Provider) -> None:
        """Load a graph.

        Raises:
            PolicyError: this ONNX Runtime lacks the provider.
        """
        import onnxruntime
        import torch

        _require(provider[0], onnxruntime.get_available_providers())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        kind, _, index = network.device.partition(':')
        self._device = (kind, int(index or 0))
        providers = [(provider[0], provider[1] | _device_option(*self._device))]
        self._session = onnxruntime.InferenceSession(graph, options, providers=providers)
        if self._session.get_providers()[0] != provider[0]:
            raise PolicyError(
                f'{provider[0]} could not be started: its libraries are missing or of another '
                'version than this ONNX Runtime was built for'
            )
        self._inputs = [value.name for value in self._session.get_inputs()]
        shape = self._session.get_outputs()[0].shape
        self._chunk = torch.empty(shape, dtype=torch.float32, device=network.device)
        self.size_bytes = graph.stat().st_size

    def predict_action_chunk(self, batch: Batch) -> Any:
        """Return the chunk."""
        binding = self._session.io_binding()
        # Bound tensors must outlive the run.
        inputs = {name: batch[name].contiguous() for name in self._inputs}
        for name, value in inputs.items():
            dtype = np.dtype(str(value.dtype).removeprefix('torch.'))
            binding.bind_input(name, *self._device, dtype, value.shape, value.data_ptr())
        chunk = self._chunk
        binding.bind_output(OUTPUT, *self._device, np.float32, chunk.shape, chunk.data_ptr())
        if chunk.is_cuda:
            import torch

            # Torch fills the inputs in a stream that ONNX Runtime knows nothing of.
            torch.cuda.current_stream(chunk.device).synchronize()
        self._session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        return chunk.clone()

    def reset(self) -> None:
        """Do nothing: a graph has no memory."""


def _device_option(kind: str, index: int) -> dict[str, str]:
    return {'device_id': str(index)} if kind == 'cuda' else {}


def _require(provider: str, available: list[str]) -> None:
    if provider not in available:
        raise PolicyError(
            f'ONNX Runtime here has no {provider} (it has: {", ".join(available)}); '
            'on a machine with CUDA install onnxruntime-gpu in place of onnxruntime'
        )
