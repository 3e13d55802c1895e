"""Files and folders that are written whole or not at all, and replaced only when asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import shutil

from vla_contract.errors import VlaError


def require_free(path: Path | None, force: bool = False) -> None:
    """Refuse to replace a file; to be asked before the work whose result it gets.

    Args:
        path: file to be written; None where none is.
        force: replacing it was asked for.

    Raises:
        VlaError: there is such a file.
    """
    if path is not None and path.exists() and not force:
        raise VlaError(f'{path} exists already; give --force to replace it')


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its place and move it there, so that a crash leaves no half of it.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f'{path.name}.{os.getpid()}.part')
    try:
        with temporary.open('wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill, which has its place when the block ends and is gone when it fails.

    Args:
        path: its place, which must be free.

    Yields:
        A path beside it, at which nothing is yet.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f'{path.name}.{os.getpid()}.part')
    try:
        yield temporary
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
