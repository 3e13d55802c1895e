"""ONNX Runtime in float32, and TensorRT in float16."""

from vla_policy_server.precision.graphs.graph_predictor import make_graph_predictor
from vla_policy_server.precision.graphs.onnx_runner import OnnxRunner, Provider, provider_of
from vla_policy_server.precision.predictor import ChunkPredictor, Network


def make_onnx(network: Network) -> ChunkPredictor:
    """Build with the provider of the network's device."""
    return _make(network, provider_of(network.device))


def make_tensorrt(network: Network) -> ChunkPredictor:
    """Build with TensorRT in FP16; its engine, minutes of work, is kept beside the graph."""
    options = {
        'trt_fp16_enable': 'True',
        'trt_engine_cache_enable': 'True',
        'trt_engine_cache_path': str(network.folder),
    }
    return _make(network, ('TensorrtExecutionProvider', options))


def _make(network: Network, provider: Provider) -> ChunkPredictor:
    return make_graph_predictor(network, lambda graph: OnnxRunner(graph, network.device, provider))
