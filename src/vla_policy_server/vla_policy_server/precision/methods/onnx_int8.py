"""INT8 by static quantisation of the ONNX graph, calibrated on real frames."""

from collections.abc import Iterator, Sequence
import hashlib
from pathlib import Path
import tempfile
from typing import Any

from vla_contract.errors import PolicyError
from vla_policy_server.precision.flow.network import is_flow
from vla_policy_server.precision.graphs.chunk_graph import chunk_graph
from vla_policy_server.precision.graphs.graph_predictor import GraphPredictor
from vla_policy_server.precision.graphs.onnx_runner import OnnxRunner, provider_of
from vla_policy_server.precision.predictor import Batch, ChunkPredictor, Network, tensors


def make_onnx_int8(network: Network) -> ChunkPredictor:
    """Build on a CPU from the graph that was quantised on real frames."""
    return GraphPredictor(
        int8_graph(network),
        lambda graph: OnnxRunner(graph, network.device, provider_of(network.device)),
    )


def int8_graph(network: Network) -> Path:
    """Return the graph quantised on the calibration frames; without frames, the newest there is.

    Convolutions only get INT8 weights and activations, per channel: they are where the time of
    a policy with cameras goes, and the transformer's small error is where its accuracy comes from.

    Raises:
        PolicyError: there is no graph and nothing to calibrate on; or the network is a
            transformer throughout.
    """
    if is_flow(network.policy):
        raise PolicyError(
            f"only convolutions are quantised, and policy type '{network.policy.config.type}' is "
            'a transformer throughout; allowed for it: onnx, openvino, openvino_bf16'
        )
    if not network.calibration:
        return _newest(network.folder)
    path = network.folder / f'int8_{_digest(network.calibration)}.onnx'
    if path.is_file():
        return path
    from onnxruntime.quantization import QuantFormat, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory(dir=network.folder) as scratch:
        prepared, part = Path(scratch) / 'prepared.onnx', Path(scratch) / 'int8.onnx'
        quant_pre_process(chunk_graph(network), prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            part,
            Frames(network.calibration, _inputs(prepared)),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=['Conv'],
            per_channel=True,
        )
        part.replace(path)
    return path


class Frames:
    """Hands frames to ONNX Runtime's calibration, in the form it asks for."""

    def __init__(self, batches: Sequence[Batch], inputs: list[str]) -> None:
        """Keep the frames; `inputs` are the graph's."""
        self._frames: Iterator[dict[str, Any]] = (
            {name: batch[name].cpu().numpy() for name in inputs} for batch in batches
        )

    def get_next(self) -> dict[str, Any] | None:
        """Return the next frame's arrays, or None at the end."""
        return next(self._frames, None)


def _newest(folder: Path) -> Path:
    graphs = sorted(folder.glob('int8_*.onnx'), key=lambda path: path.stat().st_mtime_ns)
    if not graphs:
        raise PolicyError(
            'INT8 graphs are calibrated on real frames: run '
            'vla policy benchmark CHECKPOINT --methods onnx_int8 once'
        )
    return graphs[-1]


def _digest(batches: Sequence[Batch]) -> str:
    """Tell sets of frames apart: a graph fitted to others must not be taken for this one."""
    digest = hashlib.sha256()
    for batch in batches:
        for key, value in sorted(tensors(batch).items()):
            digest.update(key.encode())
            digest.update(value.cpu().contiguous().numpy())
    return digest.hexdigest()[:12]


def _inputs(graph: Path) -> list[str]:
    import onnx

    return [value.name for value in onnx.load(graph, load_external_data=False).graph.input]
