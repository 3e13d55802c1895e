"""What a LeRobot checkpoint consists of: its folder, and for an adapter its base as well."""

from dataclasses import dataclass
from pathlib import Path

from vla_contract.deployment.meaning import meaning_sha256
from vla_contract.errors import VlaError
from vla_contract.share import find_model
from vla_lerobot.checkpoints.adapter import base_of, is_adapter
from vla_policy_server.identity.content_files import checkpoint_files, WEIGHTS
from vla_policy_server.identity.content_hash import files_sha256

_CONFIG = 'config.json'
# An adapter of an adapter is unusual; a circle of them must end.
_MOST_BASES = 4


@dataclass(frozen=True)
class Content:
    """What a policy consists of.

    Attributes:
        sha256: its hash.
        revision: commit of the hub, '' for what is no checkpoint of the hub.
    """

    sha256: str
    revision: str = ''


def checkpoint_content(source: str, folder: Path | None = None) -> Content:
    """Return the hash of a checkpoint's files, as they lie on this machine; nothing is loaded.

    Args:
        source: name under models/, folder, or hub id, whose snapshot in the local cache counts.
        folder: from which it was loaded, None to find it.

    Raises:
        VlaError: there is no such checkpoint here, or it has no weights; says why in one sentence.
    """
    return _content(source, folder or _find(source), _MOST_BASES)


def _content(source: str, folder: Path, bases: int) -> Content:
    files = checkpoint_files(folder)
    if not any(path.suffix == WEIGHTS for path in files):
        raise VlaError(f"checkpoint '{source}' has no weights (*{WEIGHTS}) in {folder}")
    sha256 = files_sha256(folder, files)
    # The hub's cache names the folder of a snapshot after its commit.
    revision = folder.name if folder.parent.name == 'snapshots' else ''
    if not is_adapter(folder):
        return Content(sha256, revision)
    base = base_of(folder, source)
    if bases == 0:
        raise VlaError(f"checkpoint '{source}' is an adapter of more than {_MOST_BASES} adapters")
    base_sha256 = _content(base, _find(base), bases - 1).sha256
    return Content(meaning_sha256([sha256, base_sha256]), revision)


def _find(source: str) -> Path:
    if not source:
        raise VlaError('the policy has no source; allowed: folder, name under models, hub id')
    folder = find_model(source) or Path(source).expanduser()
    return folder if folder.is_dir() else _snapshot(source)


def _snapshot(source: str) -> Path:
    """Return the folder of a hub id in the local cache."""
    found: object = None
    if source.count('/') == 1 and not source.startswith(('.', '/', '~')):
        try:
            from huggingface_hub import try_to_load_from_cache

            found = try_to_load_from_cache(source, _CONFIG)
        except (ImportError, ValueError):
            found = None
    if not isinstance(found, str):
        raise VlaError(
            f"checkpoint '{source}' is neither a folder nor in the hub's cache on this machine"
        )
    return Path(found).parent
