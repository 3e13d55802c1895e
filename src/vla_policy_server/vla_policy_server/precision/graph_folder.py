"""Where files made from a checkpoint's weights are kept, and how they are told apart."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
import os
from pathlib import Path
from typing import Any

# What writes the files; another version may write others.
_WRITERS = ('lerobot', 'torch', 'onnxscript', 'onnxruntime')


def precision_root() -> Path:
    """Return the folder below which graphs are kept, under runs/ of the workspace."""
    return Path(os.environ.get('VLA_WORKSPACE', '.')) / 'runs' / 'precision'


def graph_folder(policy: Any) -> Path:
    """Return the folder of a loaded policy.

    Its name is a hash of the weights themselves, the configuration and the versions of what
    writes graphs, so that a checkpoint trained again never meets the graph of the old one.

    Args:
        policy: a loaded LeRobot policy, before any method has changed it.
    """
    import torch

    digest = hashlib.sha256(repr(policy.config).encode())
    for package in _WRITERS:
        digest.update(f'{package} {_version(package)}'.encode())
    for name, value in sorted(policy.state_dict().items()):
        digest.update(f'{name} {value.dtype} {tuple(value.shape)}'.encode())
        # As bytes, because numpy has no bfloat16.
        flat = value.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy())
    return precision_root() / digest.hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return 'absent'
