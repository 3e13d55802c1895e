"""What every command shares: one-sentence errors, exit codes, writing results safely."""

import argparse
from collections.abc import Callable
import errno
import json
import os
from pathlib import Path
import sys
import tempfile
from typing import Any

from vla_contract.errors import VlaError
from vla_contract.whole_file import write_whole

DONE, NOT_GOOD_ENOUGH, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


def command_parser(module: str, summary: str, example: str) -> argparse.ArgumentParser:
    """Return a parser whose --help ends in an example that can be pasted."""
    return argparse.ArgumentParser(
        prog=f'python -m {module}',
        description=summary,
        epilog=f'example:\n  {example}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def at_least(lower: int, text: str) -> int:
    """Parse a whole number with a lower bound, for argparse."""
    if not text.lstrip('-').isdigit() or int(text) < lower:
        raise argparse.ArgumentTypeError(f'found {text}; allowed: a whole number from {lower} up')
    return int(text)


def positive(text: str) -> int:
    """Parse a whole number from 1 up."""
    return at_least(1, text)


def natural(text: str) -> int:
    """Parse a whole number from 0 up."""
    return at_least(0, text)


def run_command(body: Callable[[], int]) -> int:
    """Run a command's body; turn the errors a user can cause into one sentence and a status.

    Returns:
        What `body` returns; 2 for a VlaError; 1 when the disk is full or not writable; 130
        after Ctrl-C.
    """
    try:
        return body()
    except VlaError as error:
        print(f'error: {error}', file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        where = error.filename or tempfile.gettempdir()
        print(f'error: cannot write {where}: {os.strerror(error.errno)}', file=sys.stderr)
        return NOT_GOOD_ENOUGH


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON whole or not at all."""
    write_whole(path, json.dumps(content, indent=2, allow_nan=False) + '\n')
