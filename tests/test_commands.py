"""Every command of `vla` can be called by it."""

import ast

from package_facts import commands, PACKAGES, source_of
import pytest

MODULES = {name: module for package in PACKAGES for name, module in commands(package).items()}


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
