"""A graph in ONNX Runtime: on a CPU, on CUDA, or through TensorRT."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from vla_contract.errors import PolicyError

Provider = tuple[str, dict[str, str]]


def provider_of(device: str) -> Provider:
    """Return ONNX Runtime's own provider for a torch device."""
    name = 'CUDAExecutionProvider' if device.startswith('cuda') else 'CPUExecutionProvider'
    return name, {}


class OnnxRunner:
    """Runs a graph on torch tensors where they are, without copies through the host.

    Attributes:
        inputs: names of the tensors that it wants.
    """

    def __init__(self, graph: Path, device: str, provider: Provider) -> None:
        """Load a graph.

        Raises:
            PolicyError: this ONNX Runtime lacks the provider.
        """
        import onnxruntime
        import torch

        _require(provider[0], onnxruntime.get_available_providers())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        kind, _, index = device.partition(':')
        self._device = (kind, int(index or 0))
        providers = [(provider[0], provider[1] | _device_option(*self._device))]
        self._session = onnxruntime.InferenceSession(graph, options, providers=providers)
        if self._session.get_providers()[0] != provider[0]:
            raise PolicyError(
                f'{provider[0]} could not be started: its libraries are missing or of another '
                'version than this ONNX Runtime was built for'
            )
        self.inputs = [value.name for value in self._session.get_inputs()]
        self._outputs = {
            value.name: torch.empty(value.shape, dtype=_torch_type(value.type), device=device)
            for value in self._session.get_outputs()
        }

    def run(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs by name; the next run overwrites them."""
        binding = self._session.io_binding()
        # Bound tensors must outlive the run.
        inputs = {name: values[name].contiguous() for name in self.inputs}
        for name, value in inputs.items():
            binding.bind_input(name, *self._bound(value))
        for name, value in self._outputs.items():
            binding.bind_output(name, *self._bound(value))
        if self._device[0] == 'cuda':
            import torch

            # Torch fills the inputs in a stream that ONNX Runtime knows nothing of.
            torch.cuda.current_stream(self._device[1]).synchronize()
        self._session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        return self._outputs

    def _bound(self, value: Any) -> tuple[Any, ...]:
        dtype = np.dtype(str(value.dtype).removeprefix('torch.'))
        return *self._device, dtype, value.shape, value.data_ptr()


def _torch_type(name: str) -> Any:
    """Return the type that ONNX Runtime names, e.g. 'tensor(float)'."""
    import torch

    types = {
        'tensor(float)': torch.float32,
        'tensor(float16)': torch.float16,
        'tensor(int64)': torch.int64,
        'tensor(bool)': torch.bool,
    }
    if name not in types:
        raise PolicyError(f'the graph has an output of type {name}; allowed: {", ".join(types)}')
    return types[name]


def _device_option(kind: str, index: int) -> dict[str, str]:
    return {'device_id': str(index)} if kind == 'cuda' else {}


def _require(provider: str, available: list[str]) -> None:
    if provider not in available:
        raise PolicyError(
            f'ONNX Runtime here has no {provider} (it has: {", ".join(available)}); '
            'on a machine with CUDA install onnxruntime-gpu in place of onnxruntime'
        )
