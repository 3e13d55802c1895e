"""What commands print for people: errors, checks and what takes a while; colours on a terminal."""

from enum import StrEnum
import os
import sys
from typing import TextIO

from vla_contract.check import Check, Status


class Colour(StrEnum):
    """What is meant, and the code of ECMA-48 that shows it."""

    GOOD = '32'
    WARNING = '33'
    BAD = '31'
    STRONG = '1'


_COLOURS = {
    Status.OK: Colour.GOOD,
    Status.WARN: Colour.WARNING,
    Status.FAIL: Colour.BAD,
    Status.SKIP: Colour.WARNING,
    Status.UNKNOWN: Colour.WARNING,
}


def painted(text: str, colour: Colour, stream: TextIO | None = None) -> str:
    """Return the text in a colour, where a stream shows colours.

    NO_COLOR (https://no-color.org), not empty, means never; FORCE_COLOR, not empty, always.

    Args:
        text: what is printed.
        colour: what it means.
        stream: where it is printed, None for stdout.
    """
    return f'\x1b[{colour}m{text}\x1b[0m' if _shows(stream or sys.stdout) else text


def status_painted(text: str, status: Status) -> str:
    """Return what stands for a status on stdout, in its colour."""
    return painted(text, _COLOURS[status])


def print_check(check: Check) -> None:
    """Print one line of a list of checks, its sign in colour."""
    sign, rest = check.line[:1], check.line[1:]
    print(f'{status_painted(sign, check.status)}{rest}', flush=True)


def print_error(message: object) -> None:
    """Print what is wrong, in a sentence, on stderr."""
    print(f'{painted("error:", Colour.BAD, sys.stderr)} {message}', file=sys.stderr)


def announce(text: str) -> None:
    """Say what takes a while before it begins, to who sits at the terminal."""
    if sys.stderr.isatty():
        print(f'{text} ...', file=sys.stderr, flush=True)


def _shows(stream: TextIO) -> bool:
    if os.environ.get('NO_COLOR'):
        return False
    if os.environ.get('FORCE_COLOR'):
        return True
    return stream.isatty() and os.environ.get('TERM') != 'dumb'
