"""The page of every command with its options, from the commands' own --help."""

from collections.abc import Iterator
import contextlib
import importlib
import io
import os
from unittest import mock

from package_facts import commands, PACKAGES, source_of, summary

_INTRODUCTION = """\
What `vla NOUN VERB --help` prints. Exit status: 0 done, 1 something failed on the way or was
measured and not good enough, 2 wrong use, 130 interrupted."""
# As many letters as the site shows in a line.
_WIDTH = '84'


def commands_page() -> str:
    """Return the page, a section for each command in the order of their names."""
    modules = {name: module for p in PACKAGES for name, module in commands(p).items()}
    return '\n\n'.join(['# Commands', *_sections(modules)]) + '\n'


def _sections(modules: dict[str, str]) -> Iterator[str]:
    yield _INTRODUCTION
    for name, module in sorted(modules.items()):
        yield f'## vla {name}\n\n{summary(source_of(module))}'
        yield f'```text\n{help_of(module)}```'


def help_of(module: str) -> str:
    """Return what the command of a module prints when it is asked for help."""
    said = io.StringIO()
    with (
        mock.patch.dict(os.environ, COLUMNS=_WIDTH),
        contextlib.redirect_stdout(said),
        contextlib.suppress(SystemExit),
    ):
        importlib.import_module(module).main(['--help'])
    return said.getvalue()
