"""Where a LeRobot checkpoint is: under models/, in a folder, or on the hub."""

from pathlib import Path

from vla_contract.errors import nearest, PolicyError
from vla_contract.share import find_model, model_names


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
    if policy_path.count('/') != 1 or policy_path.startswith(('.', '/', '~')):
        raise PolicyError(
            f"checkpoint '{policy_path}' not found: neither a name under models/, nor a folder, "
            f'nor a hub id (user/name); {nearest(policy_path, model_names())}'
        )
    return policy_path
