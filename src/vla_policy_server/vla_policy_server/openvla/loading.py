"""Load an OpenVLA checkpoint, in 16 bits or quantised."""

from importlib.metadata import PackageNotFoundError, version
import json
from pathlib import Path
from typing import Any

from vla_policy_server.openvla.errors import OpenVlaError

PRECISIONS = ('bf16', 'int8', 'nf4', 'gptq')

# With others the model loads and answers, but does not see (openvla/openvla issue 346).
_TRANSFORMERS = '4.40.1'


def load_openvla(path: str, precision: str, device: str) -> tuple[Any, Any]:
    """Return model and processor of a checkpoint.

    Its own Python code runs, as OpenVLA's checkpoints bring their model along: load only what you
    trust.

    Args:
        path: folder or hub id.
        precision: a name of `PRECISIONS`; 'gptq' is for checkpoints saved with INT4 weights, the
            others quantise on loading.
        device: torch device.

    Raises:
        OpenVlaError: the versions installed are not OpenVLA's, the device is not there, the
            precision does not suit it, or the checkpoint is damaged.
    """
    _require_versions()
    import torch

    if device.startswith('cuda') and not torch.cuda.is_available():
        raise OpenVlaError(f"device '{device}' is not available here; allowed: cpu")
    if device == 'cpu' and precision != 'bf16':
        raise OpenVlaError(f'precision {precision} needs a GPU; allowed on cpu: bf16')
    try:
        return _load(path, precision, device)
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        text = ' '.join(str(error).split())[:300]
        raise OpenVlaError(f"checkpoint '{path}' cannot be loaded: {text}") from error


def _load(path: str, precision: str, device: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForVision2Seq, AutoProcessor

    processor = AutoProcessor.from_pretrained(path, trust_remote_code=True)
    model = AutoModelForVision2Seq.from_pretrained(
        path,
        torch_dtype=torch.bfloat16,
        low_cpu_mem_usage=True,
        trust_remote_code=True,
        **quantisation_options(precision, device),
    )
    if precision == 'bf16':
        model = model.to(device)  # quantised weights are on the device and must not be moved
    elif precision == 'gptq' and not getattr(model, 'quantization_method', None):
        raise OpenVlaError(
            f"checkpoint '{path}' has no GPTQ weights: its config.json lacks quantization_config"
        )
    statistics = Path(path) / 'dataset_statistics.json'
    if statistics.is_file():  # fine-tuned checkpoints bring those of their own data
        model.norm_stats = json.loads(statistics.read_text(encoding='utf-8'))
    return model.eval(), processor


def quantisation_options(precision: str, device: str) -> dict[str, Any]:
    """Return what `from_pretrained` is told beside the path.

    Raises:
        OpenVlaError: there is no such precision.
    """
    if precision == 'bf16':
        return {}
    import torch
    from transformers import BitsAndBytesConfig

    placed = {'device_map': {'': device}}
    if precision == 'int8':
        return {**placed, 'quantization_config': BitsAndBytesConfig(load_in_8bit=True)}
    if precision == 'nf4':
        four_bits = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type='nf4',
            bnb_4bit_compute_dtype=torch.bfloat16,
            bnb_4bit_use_double_quant=True,
        )
        return {**placed, 'quantization_config': four_bits}
    if precision == 'gptq':
        return placed  # the checkpoint's config.json says how it was quantised
    raise OpenVlaError(f"precision '{precision}' is unknown; allowed: {', '.join(PRECISIONS)}")


def _require_versions() -> None:
    try:
        found, timm = version('transformers'), version('timm')
    except PackageNotFoundError as missing:
        raise OpenVlaError(
            f'{missing.name} is not installed: use docker/openvla/requirements.txt'
        ) from None
    numbers = [int(part) for part in timm.split('.')[:3] if part.isdigit()]
    if found != _TRANSFORMERS or not [0, 9, 10] <= numbers < [1]:
        raise OpenVlaError(
            f'found transformers {found} and timm {timm}; OpenVLA needs {_TRANSFORMERS} and '
            '0.9.10 to 0.9.16 (docker/openvla/requirements.txt)'
        )
