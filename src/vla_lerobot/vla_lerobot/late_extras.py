"""Make up for optional imports that LeRobot was imported without.

Its modules ask for a flag of `lerobot.utils.import_utils` once, when they are imported:
`if TYPE_CHECKING or _transformers_available: from transformers import AutoTokenizer`, and else
set the names to None.
"""

import ast
from collections.abc import Collection, Iterator
import importlib
import inspect
import sys
from types import ModuleType

from vla_contract.errors import PolicyError


def import_late(flags: Collection[str], policy_type: str) -> None:
    """Import what LeRobot's modules would have imported with flags set, and set the flags.

    Args:
        flags: names in `lerobot.utils.import_utils` of packages that are installed.
        policy_type: the policy that needs them.

    Raises:
        PolicyError: classes of that policy were made without the package.
    """
    from lerobot.utils import import_utils

    for flag in flags:
        setattr(import_utils, flag, True)
    for module in _imported_without(flags):
        tree = ast.parse(inspect.getsource(module))
        missing = list(_guarded_imports(tree, flags, import_utils))
        names = {alias.asname or alias.name for node in missing for alias in node.names}
        if not _has_class_on(tree, names):
            _import(module, missing)
            for flag in set(flags) & set(vars(module)):
                setattr(module, flag, True)
        elif f'.{policy_type}.' in module.__name__:
            packages = ' and '.join(flag.strip('_').removesuffix('_available') for flag in flags)
            raise PolicyError(
                f"policy type '{policy_type}' needs {packages}, without which LeRobot was "
                'imported for an earlier policy of this process; start the process anew'
            )


def _imported_without(flags: Collection[str]) -> list[ModuleType]:
    return [
        module
        for name, module in list(sys.modules.items())
        if name.startswith('lerobot.') and any(vars(module).get(flag) is False for flag in flags)
    ]


def _guarded_imports(
    tree: ast.Module, flags: Collection[str], import_utils: ModuleType
) -> Iterator[ast.ImportFrom]:
    """Yield the imports below an `if` on one of the flags whose packages are all there."""
    for node in tree.body:
        if not isinstance(node, ast.If):
            continue
        asked = {name.id for name in ast.walk(node.test) if isinstance(name, ast.Name)}
        asked -= {'TYPE_CHECKING'}
        if asked & set(flags) and all(getattr(import_utils, flag, False) for flag in asked):
            yield from (each for each in node.body if isinstance(each, ast.ImportFrom))


def _import(module: ModuleType, missing: Collection[ast.ImportFrom]) -> None:
    for node in missing:
        path = '.' * node.level + (node.module or '')
        source = importlib.import_module(path, module.__package__)
        for alias in node.names:
            setattr(module, alias.asname or alias.name, getattr(source, alias.name))


def _has_class_on(tree: ast.Module, names: Collection[str]) -> bool:
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return any(
        isinstance(base, ast.Name) and base.id in names for node in classes for base in node.bases
    )
