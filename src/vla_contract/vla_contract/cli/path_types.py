"""Argument types of files and folders to write: what cannot be written is refused before work."""

import argparse
from collections.abc import Callable
import os
from pathlib import Path


def file_to_write(*suffixes: str) -> Callable[[str], Path]:
    """Return a type for a file that is written; its folder need not be there yet.

    Args:
        suffixes: how its name may end, in lower case with the dot; none for however it likes.

    Returns:
        A function that raises ArgumentTypeError where a file cannot be.
    """

    def parse(text: str) -> Path:
        path = _placed(text)
        if path.is_dir():
            raise argparse.ArgumentTypeError(f'found {text}, which is a folder; allowed: a file')
        if suffixes and path.suffix.lower() not in suffixes:
            allowed = ' or '.join(suffixes)
            raise argparse.ArgumentTypeError(
                f'found {text}; allowed: a name that ends in {allowed}'
            )
        return path

    return parse


def folder_to_write(text: str) -> Path:
    """Parse a folder that is written into; it need not be there yet.

    Raises:
        argparse.ArgumentTypeError: a folder cannot be there.
    """
    path = _placed(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f'found {text}, which is a file; allowed: a folder')
    return path


def _placed(text: str) -> Path:
    """Return a path under a folder that can be written."""
    path = Path(text)
    try:
        above = next(place for place in Path(os.path.abspath(path)).parents if _is_there(place))
        _is_there(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        shown = text if len(text) < 80 else f'{text[:77]}...'
        raise argparse.ArgumentTypeError(f'found {shown}: {reason}') from None
    if not above.is_dir():
        raise argparse.ArgumentTypeError(f'found {text}, but {above} is a file; allowed: a folder')
    if not os.access(above, os.W_OK | os.X_OK):
        raise argparse.ArgumentTypeError(f'found {text}: no permission to write into {above}')
    return path


def _is_there(path: Path) -> bool:
    """Return whether there is something; a name that nothing can have is an OSError.

    Raises:
        OSError: the name is too long, or goes through links in a circle.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
