"""What a training was begun with, as hashes: a resumed one must go on with the same.

Every byte of the datasets is read once for it, as every pass of the training does.
"""

from collections.abc import Iterable
from dataclasses import asdict
import hashlib
import json
from pathlib import Path

from vla_contract.cli.deployment_arguments import PARTS
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_finetune.finetune_settings import FinetuneSettings, Inputs
from vla_lerobot.checkpoints.source import checkpoint_folder, resolve_checkpoint
from vla_lerobot.dataset_files import require_dataset

# Parts of a dataset by what a person calls them, and the files of each.
_DATASET = {
    'features': ('meta/info.json',),
    'episodes': ('meta/episodes/**/*.parquet', 'meta/tasks.parquet', 'meta/vla_episodes.json'),
    'statistics': ('meta/stats.json',),
    'frames': ('data/**/*.parquet',),
    'videos': ('videos/**/*.mp4',),
}
# Settings that change neither samples nor steps; what paths lead to has a hash of its own.
_FREE = ('real', 'sim', 'policy', 'memory_gb', 'loaders', 'threads', 'device')
_CHECKPOINT = {'configuration': ('*.json', '*.yaml'), 'weights': ('*.safetensors',)}


class OtherInputsError(VlaError):
    """A training is to go on with other data, or from another checkpoint, than it began with."""

    def __init__(self, folder: Path, found: Iterable[str]) -> None:
        super().__init__(
            f'{folder}: --resume: found other {" and ".join(found)} than it was begun with; '
            'allowed: the same ones; begin a new training with --output'
        )


def input_hashes(settings: FinetuneSettings) -> Inputs:
    """Return the hashes of checkpoint, datasets and settings, part by part.

    Raises:
        VlaError: the checkpoint or a dataset is not there.
    """
    deployment = load_deployment(**{part: getattr(settings, part) for part in PARTS})
    folder = checkpoint_folder(resolve_checkpoint(deployment.policy.source))
    values = {key: value for key, value in asdict(settings).items() if key not in _FREE}
    text = json.dumps(values, sort_keys=True)
    hashes = {
        'checkpoint': _parts(folder, _CHECKPOINT),
        'settings': {'values': hashlib.sha256(text.encode()).hexdigest()},
    }
    for option in ('real', 'sim'):
        if path := getattr(settings, option):
            require_dataset(Path(path))
            hashes[f'--{option}'] = _parts(Path(path), _DATASET)
    return hashes


def require_same_inputs(folder: Path, began: Inputs, now: Inputs) -> None:
    """Refuse to go on with inputs that are not those a training began with.

    Args:
        folder: of the training.
        began: what it kept.
        now: what is there.

    Raises:
        OtherInputsError: names each part that differs.
    """
    differing = [
        f'{part} of {name}'
        for name, parts in now.items()
        for part, digest in parts.items()
        if began.get(name, {}).get(part) != digest
    ]
    if differing:
        raise OtherInputsError(folder, differing)


def _parts(root: Path, parts: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {name: _hash(root, patterns) for name, patterns in parts.items()}


def _hash(root: Path, patterns: Iterable[str]) -> str:
    """Return one hash of the names and contents of files."""
    whole = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in root.glob(pattern)}):
        with path.open('rb') as file:
            content = hashlib.file_digest(file, 'sha256').hexdigest()
        whole.update(f'{path.relative_to(root)} {content}\n'.encode())
    return whole.hexdigest()
