"""Classes that a task names: in a Python file beside it, or in an installed package."""

from functools import cache
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from vla_contract.errors import VlaError
from vla_contract.plugins import plugin


def own_class(target: str, folder: str, kind: str) -> Any:
    """Return what a task names as 'module:Class'.

    Args:
        target: module and name in it; a file MODULE.py beside the task comes first.
        folder: of the task.
        kind: what it is, for error messages.

    Raises:
        UnknownNameError: it is no such name.
        VlaError: the module cannot be imported, or lacks the name.
    """
    module, _, name = target.partition(':')
    path = Path(folder or '.') / f'{module}.py'
    if not folder or not path.is_file():
        return plugin('vla_tasks', target, kind)
    try:
        return getattr(_loaded(path.resolve()), name)
    except AttributeError:
        raise VlaError(f"{kind} '{target}': {path} has no {name}") from None


@cache
def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f'vla_task_{path.stem}', path)
    if spec is None or spec.loader is None:
        raise VlaError(f'{path} cannot be imported')
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise VlaError(f'{path} cannot be imported: {type(error).__name__}: {error}') from error
    return module
