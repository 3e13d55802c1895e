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


@pytest.mark.parametrize('name', CLASSES)
def test_private_names_are_its_own(name):
    methods = {n.name for n in CLASSES[name].body if isinstance(n, ast.FunctionDef)}
    ours = names_of_self(CLASSES[name], is_assigned=True) | methods
    taken = {n for n in ours & OTHERS if n.startswith('_') and not n.startswith('__')}
    # Replaced on purpose, and said so where it is.
    assert taken <= {'_LifecycleNodeMixin__change_state'}
