"""PEFT adapters: a base network, what was trained on top of it, and both as one network."""

from collections.abc import Callable, Collection
import json
from pathlib import Path
from typing import Any

from vla_contract.errors import PolicyError
from vla_lerobot.checkpoints.data_only import require_data_only
from vla_lerobot.checkpoints.source import checkpoint_folder, resolve_checkpoint
from vla_lerobot.checkpoints.weights import (
    ADAPTER_WEIGHTS,
    require_same_weights,
    require_weights_file,
)

ADAPTER = 'adapter_config.json'


def is_adapter(folder: Path, config: Any = None) -> bool:
    """Whether a checkpoint holds an adapter, or says that it does."""
    return (folder / ADAPTER).is_file() or bool(getattr(config, 'use_peft', False))


def load_adapted(
    folder: Path,
    source: str,
    load_base: Callable[[Path, str], Any],
    allow_code: Collection[str] = (),
) -> Any:
    """Return the network of an adapter's base with the adapter merged into it.

    Args:
        folder: of the adapter.
        source: what the user calls it, for errors.
        load_base: returns the network of a folder, called by a name for errors.
        allow_code: as `require_data_only`, for the base.

    Raises:
        PolicyError: the adapter or its base is missing or damaged, or PEFT is not installed.
    """
    path = require_weights_file(folder, source, ADAPTER_WEIGHTS)
    base = _resolved_base(folder, source)
    base_folder = checkpoint_folder(base)
    require_data_only(base_folder, base, allow_code)
    network = load_base(base_folder, base)
    try:
        from peft import get_peft_model_state_dict, PeftModel
    except ImportError as error:
        raise PolicyError(
            f"checkpoint '{source}' is a PEFT adapter, and PEFT is not installed: {error}"
        ) from error
    adapted = PeftModel.from_pretrained(network, str(folder))
    require_same_weights(
        path, source, get_peft_model_state_dict(adapted, save_embedding_layers=False)
    )
    return adapted.merge_and_unload()


def base_of(folder: Path, source: str) -> str:
    """Return what an adapter calls its base: folder or hub id.

    Args:
        folder: of the adapter.
        source: what the user calls it, for errors.

    Raises:
        PolicyError: its configuration is missing or damaged, or names no base.
    """
    path = folder / ADAPTER
    if not path.is_file():
        raise PolicyError(
            f"checkpoint '{source}' is a PEFT adapter (use_peft) without its {ADAPTER}"
        )
    try:
        base = json.loads(path.read_text(encoding='utf-8')).get('base_model_name_or_path')
    except (ValueError, AttributeError):
        base = None
    if not isinstance(base, str) or not base:
        raise PolicyError(
            f"checkpoint '{source}': {ADAPTER} names no base (base_model_name_or_path); merge "
            'the adapter into its base'
        )
    return base


def _resolved_base(folder: Path, source: str) -> str:
    base = base_of(folder, source)
    try:
        return resolve_checkpoint(base)
    except PolicyError as error:
        raise PolicyError(f"checkpoint '{source}' is a PEFT adapter: its base: {error}") from error
