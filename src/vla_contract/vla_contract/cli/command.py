"""What every command shares: one-sentence errors, exit codes, writing results safely."""

import argparse
from collections.abc import Callable
from difflib import get_close_matches
import errno
import json
import os
from pathlib import Path
import re
import sys
import tempfile
from typing import Any, NoReturn

from vla_contract.cli.completion import complete_options, is_completing
from vla_contract.cli.interrupts import remembered_interrupts
from vla_contract.cli.terminal import print_error
from vla_contract.errors import VlaError
from vla_contract.whole_file import write_whole

DONE, NOT_GOOD_ENOUGH, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM)
# Paths that name no place: in /proc, under a file, through links in circles.
_NO_PLACE = (
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP),
    *(errno.EINVAL, errno.ENXIO, errno.ENOTEMPTY),
)


class _Help(argparse.RawDescriptionHelpFormatter):
    """Shows the default of every option that has one and does not say so itself."""

    def _get_help_string(self, action: argparse.Action) -> str:
        text = action.help or ''
        is_said = 'default' in text or action.default in (None, '', False, argparse.SUPPRESS)
        has_value = bool(action.option_strings) and not isinstance(action.default, (list, tuple))
        return text if is_said or not has_value else f'{text} (default: %(default)s)'


class CommandParser(argparse.ArgumentParser):
    """Answers wrong use by one sentence, with the option that was probably meant."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, or answer the shell that asks what may come next."""
        if is_completing():
            complete_options(self)
        return super().parse_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end with status 2."""
        unknown = re.match(r'unrecognized arguments: (--?[\w-]+)', message)
        if unknown:
            known = [option for option in self._option_string_actions if len(option) > 2]
            meant = get_close_matches(unknown[1], known, 1)
            message = f'unknown option {unknown[1]}'
            message += f'; did you mean {meant[0]}?' if meant else ''
        print_error(f'{message} (see {self.prog} --help)')
        self.exit(WRONG_USE)


def command_parser(name: str, summary: str, example: str) -> CommandParser:
    """Return a parser whose --help ends in an example that can be pasted.

    Args:
        name: noun and verb, as `vla` takes them, or a module that `vla` does not have.
        summary: what the command does.
        example: how it is called.
    """
    return CommandParser(
        prog=f'python -m {name}' if '.' in name else f'vla {name}',
        description=summary,
        epilog=f'example:\n  {example}',
        formatter_class=_Help,
    )


def run_command(body: Callable[[], int]) -> int:
    """Run a command's body; turn the errors a user can cause into one sentence and a status.

    Returns:
        What `body` returns; 2 for a VlaError, or a path that names no place; 1 when the disk is
        full or not writable, or nobody reads the output any more; 130 after Ctrl-C.
    """
    with remembered_interrupts() as interrupts:
        try:
            return body()
        except KeyboardInterrupt:
            return _interrupted()
        except Exception as error:  # noqa: BLE001 - what is not known here is raised again
            return _interrupted() if interrupts.came else _status_after(error)


def _interrupted() -> int:
    print('interrupted', file=sys.stderr)
    return INTERRUPTED


def _status_after(error: Exception) -> int:
    """Return the status after an error that a user can cause, said in a sentence; raise others."""
    if isinstance(error, VlaError):
        print_error(error)
        return WRONG_USE
    if isinstance(error, BrokenPipeError):
        # Who read the output, such as head, has enough; the interpreter must not write the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_GOOD_ENOUGH
    if isinstance(error, OSError) and error.errno in _FULL:
        where = error.filename or tempfile.gettempdir()
        print_error(f'cannot write {where}: {os.strerror(error.errno)}')
        return NOT_GOOD_ENOUGH
    if isinstance(error, OSError) and error.errno in _NO_PLACE and error.filename:
        print_error(f'{error.filename}: {os.strerror(error.errno)}')
        return WRONG_USE
    raise error


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON whole or not at all."""
    write_whole(path, json.dumps(content, indent=2, allow_nan=False) + '\n')
