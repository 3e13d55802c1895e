"""Every command of `vla` can be called by it."""

import ast
import json
import subprocess
import sys

from package_facts import commands, PACKAGES, source_of
import pytest

MODULES = {name: module for package in PACKAGES for name, module in commands(package).items()}

CHECKED_LATER = (
    'vla arm excitation',
    'vla train finetune',
    'vla camera',
    'vla arm excite --amplitude',
    'vla policy serve --max-policies',
)
"""Whose numbers have the bounds of settings, of a board or of the cell, said later."""


def main_of(module: str) -> ast.FunctionDef:
    tree = ast.parse(source_of(module).read_text())
    return next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == 'main')


@pytest.mark.parametrize('name', MODULES)
def test_it_takes_arguments_calls_itself_by_its_name_and_says_what_it_is_for(name):
    source = source_of(MODULES[name])
    main = main_of(MODULES[name])
    assert [argument.arg for argument in main.args.args] == ['argv']
    assert len(main.args.defaults) == 1, 'without arguments it takes those of the process'
    assert ast.get_docstring(ast.parse(source.read_text()))
    parsers = [
        call.args[0].value
        for call in ast.walk(ast.parse(source.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == 'command_parser'
    ]
    assert parsers == [name]


def test_help_imports_nothing_that_takes_long():
    heavy = ('lerobot', 'matplotlib', 'scipy', 'torch', 'transformers')
    script = f"""
import contextlib, io, json, sys
from importlib import import_module

said = {{}}
for module in {sorted(MODULES.values())!r}:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        import_module(module).main(['--help'])
    heavy = [name for name in {heavy!r} if name in sys.modules]
    said[module] = [out.getvalue().split('[')[0], *heavy]
print(json.dumps(said))
"""
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    expected = {module: [f'usage: vla {name} '] for name, module in MODULES.items()}
    assert json.loads(done.stdout) == expected


def test_every_option_that_writes_refuses_a_place_where_it_cannot(tmp_path):
    """Options are read from parsers that stop before they parse."""
    script = f"""
import argparse, json
from importlib import import_module

class Parsed(Exception):
    pass

def options(parser, *_, **__):
    global found
    found = parser
    raise Parsed

said = {{}}
argparse.ArgumentParser.parse_known_args = options
for module in {sorted(MODULES.values())!r}:
    try:
        import_module(module).main([])
    except Parsed:
        pass
    for action in found._actions:
        name = action.option_strings[-1] if action.option_strings else action.dest
        if action.type is None or action.nargs in ('*', '+'):
            continue
        answers = []
        for path in ({str(tmp_path / 'file')!r} + '/x.json', {str(tmp_path / 'y')!r} + 300 * 'y'):
            try:
                action.type(path)
                answers.append('taken')
            except (argparse.ArgumentTypeError, ValueError, TypeError) as error:
                answers.append('refused')
        said[f'{{found.prog}} {{name}}'] = answers
print(json.dumps(said))
"""
    (tmp_path / 'file').touch()
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    taken = {option for option, answers in json.loads(done.stdout).items() if 'taken' in answers}
    writing = ('--json', '--output', '--report', '--plot', '--picture', '--markdown', '--runs')
    written = {option for option in taken if option.split()[-1] in writing}
    # A file or a folder, which its ending tells; it says so itself.
    assert written == {'vla camera intrinsics --output'}


def test_every_option_of_every_command_has_help_and_no_number_is_without_bounds():
    script = f"""
import argparse, json
from importlib import import_module

class Parsed(Exception):
    pass

def options(parser, *_, **__):
    global found
    found = parser
    raise Parsed

bare, silent = [], []
argparse.ArgumentParser.parse_known_args = options
for module in {sorted(MODULES.values())!r}:
    try:
        import_module(module).main([])
    except Parsed:
        pass
    for action in found._actions:
        words = action.option_strings or [action.dest]
        name = f'{{found.prog}} {{words[-1]}}'
        if not action.help:
            silent.append(name)
        if action.type in (int, float) and not action.choices:
            bare.append(name)
print(json.dumps([bare, silent]))
"""
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    bare, silent = json.loads(done.stdout)
    assert silent == []
    assert [name for name in bare if not name.startswith(CHECKED_LATER)] == []
