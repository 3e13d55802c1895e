"""What an OpenVLA worker says about the checkpoint it serves."""

import hashlib
from pathlib import Path
from typing import Any

from vla_contract.errors import VlaError
from vla_policy_server.identity.content_files import checkpoint_files_with_code, WEIGHTS
from vla_policy_server.identity.content_hash import files_sha256
from vla_policy_server.openvla.policy import OpenVlaSettings


def openvla_identity(
    source: str, model: Any, precision: str, settings: OpenVlaSettings
) -> dict[str, Any]:
    """Return the part `identity` of a worker's handshake; nothing where files cannot be told.

    Args:
        source: folder or hub id, as it was loaded.
        model: what was loaded; its configuration says which commit of the hub it is.
        precision: of its weights.
        settings: statistics and image crop, which also change its answers.
    """
    folder = _folder(source, getattr(getattr(model, 'config', None), '_commit_hash', None))
    files = checkpoint_files_with_code(folder) if folder is not None else []
    if folder is None or not any(path.suffix in (WEIGHTS, '.bin') for path in files):
        return {}
    try:
        content = files_sha256(folder, files)
    except VlaError:
        return {}
    whole = hashlib.sha256(f'openvla {content} {settings!r}'.encode()).hexdigest()
    return {
        'identity': {'sha256': whole, 'content_sha256': content, 'precision': precision},
    }


def _folder(source: str, commit: str | None) -> Path | None:
    folder = Path(source)
    if folder.is_dir():
        return folder
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(source, 'config.json', revision=commit)
    return Path(found).parent if isinstance(found, str) else None
