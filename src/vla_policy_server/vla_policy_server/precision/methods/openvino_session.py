"""A graph in OpenVINO, on a CPU."""

from pathlib import Path
from typing import Any

from vla_contract.errors import PolicyError
from vla_policy_server.precision.methods.onnx_graph import onnx_graph, OUTPUT
from vla_policy_server.precision.methods.onnx_int8 import int8_graph
from vla_policy_server.precision.predictor import Batch, ChunkPredictor, Network


def make_openvino(network: Network) -> ChunkPredictor:
    """Build in float32; left alone OpenVINO would take bfloat16 wherever the CPU has it."""
    return OpenVinoSession(onnx_graph(network), 'f32')


def make_openvino_bf16(network: Network) -> ChunkPredictor:
    """Build in bfloat16.

    Raises:
        PolicyError: the CPU has no bfloat16 instructions.
    """
    return OpenVinoSession(onnx_graph(network), 'bf16')


def make_openvino_int8(network: Network) -> ChunkPredictor:
    """Build from the graph that was quantised on real frames."""
    return OpenVinoSession(int8_graph(network), 'f32')


class OpenVinoSession:
    """Runs a graph on one request, for latency rather than throughput."""

    def __init__(self, graph: Path, precision: str) -> None:
        """Compile a graph; `precision` is OpenVINO's name of the arithmetic, 'f32' or 'bf16'."""
        import openvino
        import torch

        core = openvino.Core()
        abilities = core.get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
        if precision == 'bf16' and 'BF16' not in abilities:
            raise PolicyError(f'this CPU has no bfloat16; OpenVINO finds: {", ".join(abilities)}')
        config = {
            'INFERENCE_PRECISION_HINT': precision,
            'INFERENCE_NUM_THREADS': torch.get_num_threads(),
            'PERFORMANCE_HINT': 'LATENCY',
        }
        compiled = core.compile_model(core.read_model(graph), 'CPU', config)
        self._inputs = [value.get_any_name() for value in compiled.inputs]
        self._request = compiled.create_infer_request()
        self.size_bytes = graph.stat().st_size

    def predict_action_chunk(self, batch: Batch) -> Any:
        """Return the chunk, copied: the next inference overwrites the request's output."""
        import torch

        inputs = {name: batch[name].contiguous().numpy() for name in self._inputs}
        result = self._request.infer(inputs, share_inputs=True, share_outputs=True)
        return torch.from_numpy(result[OUTPUT].copy())

    def reset(self) -> None:
        """Do nothing: a graph has no memory."""
