"""A graph in OpenVINO, on a CPU."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vla_contract.errors import PolicyError


class OpenVinoRunner:
    """Runs a graph on one request, for latency rather than throughput.

    Attributes:
        inputs: names of the tensors that it wants.
    """

    def __init__(self, graph: Path, precision: str) -> None:
        """Compile a graph; `precision` is OpenVINO's name of the arithmetic, 'f32' or 'bf16'.

        Raises:
            PolicyError: the CPU has no bfloat16 instructions, and they are asked for.
        """
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
        self.inputs = [value.get_any_name() for value in compiled.inputs]
        self._outputs = [value.get_any_name() for value in compiled.outputs]
        self._request = compiled.create_infer_request()

    def run(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs by name, views of memory that the next run overwrites."""
        import torch

        inputs = {name: values[name].contiguous().numpy() for name in self.inputs}
        result = self._request.infer(inputs, share_inputs=True, share_outputs=True)
        return {name: torch.from_numpy(result[name]) for name in self._outputs}
