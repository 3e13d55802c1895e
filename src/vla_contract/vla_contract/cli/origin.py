"""Where a run comes from: date, machine, code, and the command that repeats it."""

from collections.abc import Sequence
from datetime import datetime, UTC
from importlib.metadata import version
from itertools import takewhile
import os
from pathlib import Path
import platform
import shlex
import subprocess
import sys

_PATIENCE_S = 5.0
_RESUME = '--resume'


def origin_of_run(words: Sequence[str] | None = None) -> dict[str, str]:
    """Return date, host, version, commit and command of this process, '' for what is unknown.

    Args:
        words: as of `command_line`.
    """
    return {
        'date': datetime.now(UTC).isoformat(timespec='seconds'),
        'host': platform.node(),
        'version': version('vla_contract'),
        'commit': _commit(Path(os.environ.get('VLA_WORKSPACE') or Path(__file__).parent)),
        'command': command_line(sys.argv, words),
    }


def command_line(argv: Sequence[str], words: Sequence[str] | None = None) -> str:
    """Return what repeats a command from its beginning, also one that went on with a run.

    Args:
        argv: of a process; '' where it is not `vla`, such as of a test.
        words: options of the command, of its first call where it goes on; None for those in argv.
    """
    if not argv or Path(argv[0]).stem != 'vla':
        return ''
    name = list(takewhile(lambda word: not word.startswith('-'), argv[1:]))
    given = argv[1:] if words is None else [*name, *words]
    return shlex.join(['vla', *_from_the_beginning(given)])


def _from_the_beginning(words: Sequence[str]) -> list[str]:
    """Return the words without --resume and its folder."""
    pairs = zip(['', *words], words, strict=False)
    return [
        word
        for before, word in pairs
        if word != _RESUME and before != _RESUME and not word.startswith(f'{_RESUME}=')
    ]


def _commit(folder: Path) -> str:
    """Return the commit of the code, with -dirty where files differ from it."""
    # Without optional locks: several runs may ask at a time.
    asked = ('describe', '--always', '--dirty', '--exclude', '*', '--abbrev=12')
    command = ('git', '--no-optional-locks', '-C', str(folder), *asked)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return ''
    return done.stdout.strip() if done.returncode == 0 else ''
