"""Hashes of files, read once per process and in pieces."""

from collections.abc import Iterable
import hashlib
from pathlib import Path

from vla_contract.errors import VlaError

_Version = tuple[str, int, int, int]
_known: dict[_Version, str] = {}


def file_sha256(path: Path) -> str:
    """Return the hash of a file; one that has not changed is not read again.

    Raises:
        VlaError: it cannot be read, or changes while it is read.
    """
    try:
        version = _version(path)
        if version not in _known:
            digest = _read(path)
            if _version(path) != version:
                raise VlaError(f'{path} changed while it was read; wait until it is written')
            _known[version] = digest
    except OSError as error:
        raise VlaError(f'{path} cannot be read: {error.strerror}') from error
    return _known[version]


def files_sha256(root: Path, files: Iterable[Path]) -> str:
    """Return one hash over the names and contents of files; their order does not matter.

    Args:
        root: folder from which names count.
        files: below it.

    Raises:
        VlaError: as `file_sha256`.
    """
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(root).as_posix(), path) for path in files):
        digest.update(f'{name}\0{file_sha256(path)}\n'.encode())
    return digest.hexdigest()


def _version(path: Path) -> _Version:
    about = path.stat()
    return str(path.absolute()), about.st_size, about.st_mtime_ns, about.st_ino


def _read(path: Path) -> str:
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()
