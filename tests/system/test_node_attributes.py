"""No node takes a name that rclpy keeps something of its own under."""

import ast
import inspect

from package_facts import ROOT
import pytest
from rclpy.lifecycle.node import LifecycleNode, LifecycleNodeMixin
from rclpy.node import Node


def names_of_self(tree: ast.AST, is_assigned: bool) -> set[str]:
    """Return the attributes of `self` that are assigned, or all that are named."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == 'self'
        and (not is_assigned or isinstance(node.ctx, ast.Store))
    }


VLA_NODE = 'VlaNode'
OTHERS = set().union(
    *(
        names_of_self(ast.parse(inspect.getsource(base)), is_assigned=False) | set(dir(base))
        for base in (Node, LifecycleNode, LifecycleNodeMixin)
    )
)
CLASSES = {
    f'{path.stem}.{node.name}': node
    for path in ROOT.glob('src/*/vla_*/**/ros/**/*.py')
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.ClassDef)
    and any(ast.unparse(base).endswith('Node') for base in node.bases)
}


BASE = next(node for name, node in CLASSES.items() if name.endswith(f'.{VLA_NODE}'))


def own_names(node: ast.ClassDef) -> set[str]:
    methods = {n.name for n in node.body if isinstance(n, ast.FunctionDef)}
    return names_of_self(node, is_assigned=True) | methods


@pytest.mark.parametrize('name', CLASSES)
def test_private_names_are_its_own(name):
    bases = [ast.unparse(base) for base in CLASSES[name].bases]
    theirs = OTHERS | (own_names(BASE) if VLA_NODE in bases else set())
    shared = own_names(CLASSES[name]) & theirs
    taken = {n for n in shared if n.startswith('_') and not n.startswith('__')}
    # Replaced on purpose, and said so where it is.
    assert taken <= {'_LifecycleNodeMixin__change_state'}
