"""Write the README of every package from its sources and its configured nodes.

python tools/write_readmes.py
"""

from collections.abc import Iterable, Iterator, Mapping
import dataclasses
import importlib
import inspect
import sys
import tempfile
import typing
from typing import Any
from xml.etree import ElementTree

from node_interfaces import interfaces, node_type
from package_facts import (
    commands,
    executables,
    is_node,
    launch_arguments,
    PACKAGES,
    ROOT,
    source_of,
    summary,
)
from vla_contract.cli.command import DONE, run_command
from vla_contract.errors import UnknownNameError
from vla_contract.schema import load_yaml
from vla_contract.whole_file import write_whole

# Parameters that bring interfaces of their own; without them, every node is asked as it starts.
_MOTORS = {'driver': str(ROOT / 'src/vla_lerobot/test/panda_motors.yaml')}
VARIANTS: dict[str, tuple[Mapping[str, str], ...]] = {
    # Configuring begins a folder of samples.
    'capture': ({'output': f'{tempfile.mkdtemp()}/capture'},),
    'action_filter': ({}, {'input': 'policy_action', 'command_interface': 'forward'}),
    'lerobot_robot': (_MOTORS, _MOTORS | {'command_interface': 'forward'}),
    'mujoco_bridge': ({}, {'command_interface': 'forward'}),
    'policy_server': (
        {'backend': 'hold'},
        {'backend': 'scripted'},
    ),
}
MEANINGS = load_yaml(ROOT / 'tools' / 'interface_meanings.yaml')
_NOTE = """\
Names are relative: a namespace moves the whole robot, its simulated time too. Topics of cameras
are those of the cell `panda_table`. Beside these, every node has `autostart` (configure and
activate at start) and the services of a lifecycle node."""


def readme(package: str) -> str:
    """Return the README of a package."""
    manifest = ElementTree.parse(ROOT / 'src' / package / 'package.xml')
    parts = [f'# {package}', manifest.findtext('description', '')]
    parts += list(_commands(package))
    nodes = {name: module for name, module in executables(package).items() if is_node(module)}
    if nodes:
        parts += ['## Nodes', _NOTE]
        parts += [part for name, module in nodes.items() for part in _node(package, name, module)]
    if package == 'vla_bringup':
        parts += list(_launch_files())
    parts += ['This page is written by `python tools/write_readmes.py`.']
    return '\n\n'.join(parts) + '\n'


def _commands(package: str) -> Iterator[str]:
    rows = [
        (f'`vla {name}`', summary(source_of(module)))
        for name, module in sorted(commands(package).items())
    ]
    if rows:
        yield '## Commands'
        yield '`--help` lists the options of each.'
        yield _table(('command', 'what for'), rows)


def _node(package: str, name: str, module: str) -> Iterator[str]:
    kind = node_type(importlib.import_module(module))
    yield f'### {name}'
    yield f'{inspect.getdoc(kind)}\n`ros2 run {package} {name}`, or `python -m {module}`.'
    found = interfaces(kind, *VARIANTS.get(name, ()))
    topics = [
        (f'`{i.name}`', i.kind, i.type, i.qos, _meaning('topics', i.name))
        for i in found
        if i.kind != 'service'
    ]
    yield _table(('topic', 'the node', 'type', 'QoS', 'what for'), topics)
    services = [
        (f'`{i.name}`', i.type, _meaning('services', i.name)) for i in found if i.kind == 'service'
    ]
    if services:
        yield _table(('service', 'type', 'what for'), services)
    yield _table(('parameter', 'default', 'allowed', 'what for'), _parameters(kind.settings_type))


def _meaning(kind: str, name: str) -> str:
    if name not in MEANINGS[kind]:
        raise UnknownNameError(kind, name, 'tools/interface_meanings.yaml', MEANINGS[kind])
    return str(MEANINGS[kind][name])


def _parameters(settings: type[Any]) -> Iterator[tuple[str, ...]]:
    """Yield name, default, allowed values and meaning of every parameter."""
    hints = typing.get_type_hints(settings)
    for field in dataclasses.fields(settings):
        facts, kind = field.metadata, hints[field.name].__name__
        lower, upper = facts['lower'], facts['upper']
        allowed = ', '.join(facts['choices']) or kind
        if lower is not None or upper is not None:
            allowed += ' ' + ' to '.join('' if v is None else f'{v:g}' for v in (lower, upper))
        unit = f' [{facts["unit"]}]' if facts['unit'] else ''
        until = 'runs' if facts['while_active'] else 'is not active'
        while_running = f'; may change while the node {until}' if facts['dynamic'] else ''
        default = f'`{field.default!r}`' if field.default != '' else "`''`"
        yield f'`{field.name}`', default, allowed + unit, facts['doc'] + while_running


def _launch_files() -> Iterator[str]:
    yield '## Launch files'
    for path in sorted((ROOT / 'launch').glob('*.launch.py')):
        yield f'### {path.name}'
        yield summary(path)
        rows = [
            (f'`{name}`', f'`{default}`' if default else '', text)
            for name, (default, text) in launch_arguments(path).items()
        ]
        yield _table(('argument', 'default', 'what for'), rows)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of Markdown."""
    heads = list(heads)
    lines = [heads, ['---'] * len(heads), *rows]
    cells = ([cell.replace('|', '\\|') for cell in line] for line in lines)
    return '\n'.join(f'| {" | ".join(line)} |' for line in cells)


def write_all() -> int:
    """Write them."""
    for package in PACKAGES:
        write_whole(ROOT / 'src' / package / 'README.md', readme(package))
    return DONE


if __name__ == '__main__':
    sys.exit(run_command(write_all))
