"""A keyed digest in files that say how far a policy may go, so that an edited one is noticed.

It is against mistakes: whoever may read the key may write any file.
"""

from collections.abc import Mapping
from contextlib import suppress
import hashlib
import hmac
import json
import os
from pathlib import Path
import secrets
from typing import Any

from vla_contract.errors import VlaError
from vla_contract.whole_file import write_whole

DIGEST = 'digest'
_KEY_BYTES = 32
_OTHERS = 0o077


def sealed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with their digest, to be written as JSON or YAML.

    Raises:
        VlaError: the key of this machine cannot be read or made.
    """
    plain = json.loads(_canonical(values))
    return {**plain, DIGEST: _digest(plain)}


def unsealed(values: Any, path: Path) -> dict[str, Any]:
    """Return what was sealed, without the digest.

    Args:
        values: as read from a file.
        path: of the file, for the error.

    Raises:
        VlaError: it was changed since, or sealed on another machine; or as `sealed`.
    """
    if not isinstance(values, dict):
        raise VlaError(f'{path}: found {type(values).__name__}; allowed: names and values')
    rest = {name: value for name, value in values.items() if name != DIGEST}
    try:
        wanted = _digest(rest)
    except (TypeError, ValueError):
        wanted = ''
    found = values.get(DIGEST)
    if not (wanted and isinstance(found, str) and _is_equal(found, wanted)):
        problem = 'wrong digest' if found else 'no digest'
        raise VlaError(
            f'{path}: edited, or written on another machine ({problem}); '
            'let the command that writes it write a new one'
        )
    return rest


def key_path() -> Path:
    """Return where the key of this machine lies: $XDG_STATE_HOME or ~/.local/state."""
    # The XDG specification has relative paths ignored.
    place = Path(os.environ.get('XDG_STATE_HOME', ''))
    folder = place if place.is_absolute() else Path.home() / '.local' / 'state'
    return folder / 'vla_deploy' / 'key'


def _is_equal(found: str, wanted: str) -> bool:
    return hmac.compare_digest(found.encode(), wanted.encode())


def _digest(values: Mapping[str, Any]) -> str:
    return hmac.new(_key(), _canonical(values).encode(), hashlib.sha256).hexdigest()


def _canonical(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(',', ':'), allow_nan=False)


def _key() -> bytes:
    path = key_path()
    try:
        if not path.exists():
            _make_key(path)
        key, mode = path.read_bytes(), path.stat().st_mode
    except (OSError, RuntimeError) as error:
        raise VlaError(f'the key {path} cannot be read or made: {error}') from error
    if mode & _OTHERS:
        raise VlaError(f'others may use the key {path}: run chmod 600 {path}')
    if len(key) != _KEY_BYTES:
        raise VlaError(
            f'the key {path} has {len(key)} bytes; allowed: {_KEY_BYTES}; remove it, and what '
            'was sealed with it counts no more'
        )
    return key


def _make_key(path: Path) -> None:
    # Nobody else gets into the folder while the file has not got its mode.
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = path.with_name(f'{path.name}.{os.getpid()}')
    write_whole(own, secrets.token_bytes(_KEY_BYTES))
    try:
        own.chmod(0o600)
        # Of two processes that make one at once, the first wins.
        with suppress(FileExistsError):
            os.link(own, path)
    finally:
        own.unlink()
