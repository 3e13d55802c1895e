"""Check that a command line could run: what it names exists, and its parser knows its options.

Nothing is run: a command stops where its arguments are parsed, and nodes are never started.
"""

import argparse
from collections.abc import Callable, Sequence
import contextlib
import importlib
import importlib.util
import io
from itertools import pairwise
from pathlib import Path
import re
import sys
from typing import Any
from unittest import mock

from documents.shell_blocks import simple_commands
from node_interfaces import node_type
from package_facts import (
    commands,
    executables,
    is_node,
    launch_arguments,
    PACKAGES,
    ROOT,
    source_of,
)
from vla_contract.schema import build, load_yaml
import yaml

# What is not ours; its options are its own business.
FOREIGN = {
    *('apt-get', 'base64', 'cd', 'colcon', 'cp', 'curl', 'echo', 'gh', 'git', 'head', 'ip'),
    *(
        'lerobot-eval',
        'lerobot-record',
        'lerobot-replay',
        'lerobot-rollout',
        'lerobot-teleoperate',
    ),
    *('lerobot-train', 'mkdir', 'pre-commit', 'rosdep', 'ssh', 'sudo', 'tc', 'vcs'),
}

# Our commands by the words that `vla` takes.
OURS = {name: module for package in PACKAGES for name, module in commands(package).items()}


class _ParsedError(Exception):
    """The arguments are parsed; what would follow is not run."""


def check_line(line: str) -> None:
    """Check every command of a line of shell.

    Raises:
        AssertionError: something it names does not exist, or an option is unknown.
    """
    for words in simple_commands(line):
        check_words(words)


def check_words(words: Sequence[str]) -> None:
    """Check one command."""
    words = [w for k, w in enumerate(words) if w != '...' or words[k - 1].startswith('--')]
    while words and words[0] in ('do', 'exec'):
        words = words[1:]
    while words and re.match(r'\w+=', words[0]):
        words = words[1:]
    if not words or words[0] in ('export', 'for', 'done'):
        return
    program, *rest = words
    if program in CHECKS:
        CHECKS[program](rest)
    elif '/' in program:
        assert (ROOT / program).is_file(), f'{program} does not exist'
    else:
        assert program in FOREIGN, f'{program}: unknown program'


def check_python(words: Sequence[str]) -> None:
    if words[0] == '-m':
        check_module(words[1], words[2:])
    elif words[0] == '-c':
        compile(words[1], words[1], 'exec')
    else:
        check_script(ROOT / words[0], words[1:])


def check_vla(words: Sequence[str]) -> None:
    for count in (1, 2):
        if module := OURS.get(' '.join(words[:count])):
            check_module(module, words[count:])
            return
    assert words[0] in ('--help', '--version', 'NOUN'), f'no command vla {" ".join(words[:2])}'


def check_module(module: str, words: Sequence[str]) -> None:
    """Have a module parse its arguments; those of a node are compared with its parameters."""
    if not module.startswith('vla_'):
        assert importlib.util.find_spec(module), f'no module {module}'
    elif is_node(module):
        check_node_arguments(module, words)
    else:
        source = source_of(module).read_text()
        assert re.search(r'parse_(args|in_graph)\(', source), f'{module} is no command'
        if not words:  # a page that names the command, not how to call it
            return
        parse(module, importlib.import_module(module).main, words)


def check_script(path: Path, words: Sequence[str]) -> None:
    assert path.is_file(), f'{path} does not exist'
    if 'parse_args(' not in path.read_text():
        assert not words, f'{path.name} takes no options'
        return
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    with mock.patch.object(sys, 'path', [str(path.parent), *sys.path]):
        spec.loader.exec_module(script)
    parse(path.name, script.main, words)


def parse(name: str, main: Callable[[], Any], words: Sequence[str]) -> None:
    """Call a command until it has parsed its arguments."""
    whole = argparse.ArgumentParser.parse_args

    def parse_only(parser: argparse.ArgumentParser, *args: Any, **options: Any) -> None:
        whole(parser, *args, **options)
        raise _ParsedError

    said = io.StringIO()
    with (
        mock.patch.object(argparse.ArgumentParser, 'parse_args', parse_only),
        mock.patch.object(sys, 'argv', [name, *words]),
        contextlib.redirect_stderr(said),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        try:
            main()
        except _ParsedError:
            return
        except SystemExit:
            pass
    assert not said.getvalue(), said.getvalue().strip().splitlines()[-1]


def check_ros2(words: Sequence[str]) -> None:
    verb, *rest = words
    if verb == 'launch' and rest:
        check_launch(rest)
    elif verb == 'run' and rest and rest[0] in PACKAGES:
        module = executables(rest[0])[rest[1]]
        check_module(module, rest[2:])
    elif verb in ('service', 'topic') and len(rest) > 1:
        check_interface(verb, rest[1].lstrip('/'), rest[2:])
    else:
        assert verb in {'launch', 'lifecycle', 'node', 'run', 'service', 'topic'}, verb


def check_interface(verb: str, name: str, rest: Sequence[str]) -> None:
    """Check that a node has a service or topic, by the tables of its package's README."""
    rows = [row for page in ROOT.glob('src/*/README.md') for row in page.read_text().splitlines()]
    rows = [row for row in rows if row.startswith(f'| `{name}` |')]
    assert rows, f'no node has the {verb} {name}'
    assert verb == 'topic' or any(f'| {rest[0]} |' in row for row in rows), f'{name}: {rest[0]}'


def check_launch(words: Sequence[str]) -> None:
    package, file, *arguments = words
    assert package == 'vla_bringup', package
    path = ROOT / 'launch' / file
    assert path.is_file(), f'launch/{file} does not exist'
    names = {word.split(':=')[0] for word in arguments if ':=' in word}
    unknown = names - launch_arguments(path).keys()
    assert not unknown, f'{file} has no argument {", ".join(sorted(unknown))}'


def check_node_arguments(module: str, words: Sequence[str]) -> None:
    """Check parameter files and parameters given on the command line of a node."""
    assert not words or words[0] == '--ros-args', f'{module} is a node: --ros-args'
    settings = node_type(importlib.import_module(module)).settings_type
    for option, value in zip(words[1::2], words[2::2], strict=True):
        if option == '--params-file':
            assert load_yaml(ROOT / value), value
        elif option == '-p':
            name, _, text = value.partition(':=')
            if name not in {'autostart', 'use_sim_time'}:
                build(settings, {name: yaml.safe_load(text)}, module)
        else:
            assert option in {'-r', '--log-level'}, option


def check_make(words: Sequence[str]) -> None:
    makefile = (ROOT / 'Makefile').read_text()
    for word in words:
        name, is_variable, _ = word.partition('=')
        pattern = rf'^{name} \?=' if is_variable else rf'^{name}:'
        assert re.search(pattern, makefile, re.MULTILINE), f'make has no {name}'


def check_pip(words: Sequence[str]) -> None:
    for option, value in pairwise(words):
        assert option not in {'-r', '-c'} or (ROOT / value).is_file(), value


def check_docker(words: Sequence[str]) -> None:
    for option, value in pairwise(words):
        assert option != '-f' or (ROOT / value).is_file(), value
        if option == '--profile':
            services = load_yaml(ROOT / 'docker' / 'compose.yaml')['services'].values()
            assert any(value in service['profiles'] for service in services), value
        if option == '--target':
            assert f' AS {value}\n' in (ROOT / 'docker' / 'Dockerfile').read_text(), value
    if 'openvla-worker' in words and words[0] == 'run':
        arguments = words[words.index('openvla-worker') + 1 :]
        check_module('vla_policy_server.openvla.worker', arguments)


def check_source(words: Sequence[str]) -> None:
    assert words[0].startswith('/opt/ros/') or (ROOT / words[0]).is_file(), words[0]


CHECKS: dict[str, Callable[[Sequence[str]], None]] = {
    '.': check_source,
    'source': check_source,
    'docker': check_docker,
    'make': check_make,
    'pip': check_pip,
    'python': check_python,
    'ros2': check_ros2,
    'vla': check_vla,
}
