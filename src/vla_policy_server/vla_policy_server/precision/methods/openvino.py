"""OpenVINO on a CPU, in float32, bfloat16, or on a graph with INT8 in it."""

from vla_policy_server.precision.graphs.graph_predictor import GraphPredictor, make_graph_predictor
from vla_policy_server.precision.graphs.openvino_runner import OpenVinoRunner
from vla_policy_server.precision.methods.onnx_int8 import int8_graph
from vla_policy_server.precision.predictor import ChunkPredictor, Network


def make_openvino(network: Network) -> ChunkPredictor:
    """Build in float32; left alone OpenVINO would take bfloat16 wherever the CPU has it."""
    return make_graph_predictor(network, lambda graph: OpenVinoRunner(graph, 'f32'))


def make_openvino_bf16(network: Network) -> ChunkPredictor:
    """Build in bfloat16.

    Raises:
        PolicyError: the CPU has no bfloat16 instructions.
    """
    return make_graph_predictor(network, lambda graph: OpenVinoRunner(graph, 'bf16'))


def make_openvino_int8(network: Network) -> ChunkPredictor:
    """Build from the graph that was quantised on real frames."""
    return GraphPredictor(int8_graph(network), lambda graph: OpenVinoRunner(graph, 'f32'))
