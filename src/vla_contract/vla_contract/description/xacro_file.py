"""URDF out of xacro macros, by ROS's own xacro; packages are found without ROS too."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vla_contract.description.locating import package_folder
from vla_contract.errors import ContractError, ResourceNotFoundError, VlaError


def expand_xacro(path: Path, arguments: Iterable[str] = ()) -> str:
    """Return the URDF that a xacro file describes.

    Args:
        path: the file.
        arguments: each NAME:=VALUE.

    Raises:
        ResourceNotFoundError: xacro or a package that the file finds is missing.
        ContractError: the file does not expand.
    """
    try:
        import xacro
    except ImportError:
        raise ResourceNotFoundError(
            'Python package', 'xacro', "run make setup, or 'pip install xacro'"
        ) from None
    values = dict(argument.split(':=', 1) for argument in arguments)
    with _packages_found_near(path.parent):
        try:
            return str(xacro.process_file(str(path), mappings=values).toxml())
        except VlaError:
            raise
        except Exception as error:  # macros run expressions: anything can come
            line = (str(error) or type(error).__name__).splitlines()[0]
            raise ContractError(f'{path}: xacro cannot expand it: {line}') from error


@contextmanager
def _packages_found_near(folder: Path) -> Iterator[None]:
    """Let $(find PACKAGE) look where our own reader does; xacro alone asks ROS only."""
    from xacro import substitution_args

    module: Any = substitution_args
    original = module._eval_find
    module._eval_find = lambda package: str(package_folder(package, folder))
    try:
        yield
    finally:
        module._eval_find = original
