"""Where a LeRobot checkpoint is: under models/, in a folder, or on the hub."""

from pathlib import Path

from vla_contract.errors import nearest, PolicyError
from vla_contract.share import find_model, model_names

_DATA = ['*.json', '*.safetensors', '*.yaml', '*.txt', '*.model', '*.npz']
_TRAINING = ['training_state/*', 'checkpoints/*']


def resolve_checkpoint(policy_path: str) -> str:
    """Return a folder or a hub id; a path that does not exist is refused before any download.

    Raises:
        PolicyError: there is no such checkpoint.
    """
    shipped = find_model(policy_path)
    if shipped is not None:
        return str(shipped)
    folder = Path(policy_path).expanduser()
    if folder.is_dir():
        if not (folder / 'config.json').is_file():
            raise PolicyError(
                f"'{folder}' is not a LeRobot checkpoint: it has no config.json "
                '(give the folder pretrained_model)'
            )
        return str(folder)
    if folder.is_file():
        raise PolicyError(
            f"checkpoint '{policy_path}' is a file; allowed: its folder, {folder.parent}"
        )
    if policy_path.count('/') != 1 or policy_path.startswith(('.', '/', '~')):
        raise PolicyError(
            f"checkpoint '{policy_path}' not found: neither a name under models/, nor a folder, "
            f'nor a hub id (user/name); {nearest(policy_path, model_names())}'
        )
    return policy_path


def checkpoint_folder(source: str) -> Path:
    """Return the folder with a checkpoint's files; those of a hub id are fetched, once.

    Everything of one load is read from this folder, so that a repository that changes meanwhile
    cannot mix two versions. Pickles and Python files stay on the hub.

    Args:
        source: a folder or a hub id, as from `resolve_checkpoint`.

    Raises:
        PolicyError: the hub has no such checkpoint, or cannot be reached.
    """
    if Path(source).is_dir():
        return Path(source)
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(source, allow_patterns=_DATA, ignore_patterns=_TRAINING))
    except Exception as error:  # of the hub, the network, or the disk
        text = ' '.join(str(error).split())[:300]
        raise PolicyError(f"checkpoint '{source}' cannot be fetched: {text}") from error
    if not (folder / 'config.json').is_file():
        raise PolicyError(f"'{source}' on the hub is not a LeRobot checkpoint: no config.json")
    return folder
