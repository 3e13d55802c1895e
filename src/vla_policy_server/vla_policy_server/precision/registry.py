"""Find a method by name. A new method is one function and one row; nothing else changes."""

from dataclasses import dataclass
import importlib

from vla_contract.errors import PolicyError, UnknownNameError
from vla_policy_server.precision.predictor import ChunkPredictor, MakePredictor, Network

_HERE = 'vla_policy_server.precision.methods'


@dataclass(frozen=True)
class Precision:
    """One way to compute a chunk.

    Attributes:
        doc: what it does, in a table.
        maker: 'module:function' below `methods`.
        devices: kinds of torch device it runs on.
        builds: whether something is compiled or exported before the first chunk, and kept.
        calibrates: whether that takes real frames.
    """

    doc: str
    maker: str
    devices: tuple[str, ...] = ('cpu', 'cuda')
    builds: bool = False
    calibrates: bool = False


def _on_cpu(doc: str, maker: str, calibrates: bool = False) -> Precision:
    return Precision(doc, maker, ('cpu',), builds=True, calibrates=calibrates)


PRECISIONS = {
    'fp32': Precision('as trained, eager', 'casting:make_fp32'),
    'bf16': Precision('bfloat16 weights, eager', 'casting:make_bf16'),
    'fp16': Precision('float16 weights, eager', 'casting:make_fp16'),
    'int8': Precision('INT8 linear layers, bitsandbytes', 'bitsandbytes_weights:make_int8'),
    'nf4': Precision('4-bit linear layers, bitsandbytes', 'bitsandbytes_weights:make_nf4'),
    'compiled': Precision('torch.compile, CUDA graphs', 'compiled:make_compiled', builds=True),
    'onnx': Precision('ONNX Runtime, float32', 'onnx:make_onnx', builds=True),
    'tensorrt': Precision('TensorRT, float16', 'onnx:make_tensorrt', ('cuda',), builds=True),
    'onnx_int8': _on_cpu('ONNX Runtime, INT8 convolutions', 'onnx_int8:make_onnx_int8', True),
    'openvino': _on_cpu('OpenVINO, float32', 'openvino:make_openvino'),
    'openvino_bf16': _on_cpu('OpenVINO, bfloat16', 'openvino:make_openvino_bf16'),
    'openvino_int8': _on_cpu('OpenVINO, INT8 convolutions', 'openvino:make_openvino_int8', True),
}


def make_predictor(name: str, network: Network) -> ChunkPredictor:
    """Build the predictor of a method.

    Raises:
        UnknownNameError: there is no such method.
        PolicyError: it cannot run here; says why.
    """
    if name not in PRECISIONS:
        raise UnknownNameError('precision', name, 'vla_policy_server', PRECISIONS)
    precision = PRECISIONS[name]
    kind = network.device.partition(':')[0]
    if kind not in precision.devices:
        allowed = ' or '.join(precision.devices)
        raise PolicyError(f"precision '{name}' runs on {allowed}, not on {network.device}")
    module, _, function = precision.maker.partition(':')
    try:
        make: MakePredictor = getattr(importlib.import_module(f'{_HERE}.{module}'), function)
        return make(network)
    except PolicyError as error:
        raise PolicyError(f"precision '{name}' cannot be used: {error}") from error
    except ImportError as error:
        raise PolicyError(f"precision '{name}' needs a package: {error}") from error
    except Exception as error:
        # Exporters and runtimes raise types of their own, with pages of text.
        text = ' '.join(str(error).split())[:300]
        raise PolicyError(f"precision '{name}' cannot be used: {text}") from error
