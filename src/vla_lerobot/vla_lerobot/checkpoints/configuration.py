"""A checkpoint's config.json, with what is wrong in it said by name."""

import json
from pathlib import Path
from typing import Any

from vla_contract.errors import nearest, PolicyError

CONFIG = 'config.json'


def policy_type(folder: Path, source: str) -> str:
    """Return LeRobot's name of a checkpoint's type of policy, without importing LeRobot.

    Args:
        folder: of the checkpoint.
        source: what the user calls it, for errors.

    Raises:
        PolicyError: the file cannot be read, or names no type.
    """
    try:
        content = json.loads((folder / CONFIG).read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise PolicyError(f"checkpoint '{source}': {CONFIG} cannot be read: {error}") from error
    kind = content.get('type') if isinstance(content, dict) else None
    if not isinstance(kind, str):
        raise PolicyError(
            f"checkpoint '{source}': {CONFIG} has no type; allowed: a type of LeRobot's policies, "
            "as in {'type': 'act'}"
        )
    return kind


def read_configuration(folder: Path, source: str) -> Any:
    """Return LeRobot's configuration of a policy.

    Raises:
        PolicyError: the file cannot be read, names no type of LeRobot's, or has a value that the
            type does not take.
    """
    kind = policy_type(folder, source)
    from lerobot.configs import PreTrainedConfig

    known = PreTrainedConfig.get_known_choices()
    if kind not in known:
        raise PolicyError(
            f"checkpoint '{source}': {CONFIG}: LeRobot has no policy type '{kind}'; "
            f'{nearest(kind, known)}'
        )
    try:
        return PreTrainedConfig.from_pretrained(str(folder))
    except Exception as error:  # of draccus, or of the type's own checks
        raise PolicyError(f"checkpoint '{source}': {CONFIG}: {whole_text(error)}") from error


def whole_text(error: BaseException) -> str:
    """Return what an error and its causes say, in at most 300 letters."""
    said: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        text = ' '.join(str(cause).split()).rstrip('.')
        if text and text not in said:
            said.append(text)
        cause = cause.__cause__
    return ': '.join(said)[:300] or type(error).__name__
