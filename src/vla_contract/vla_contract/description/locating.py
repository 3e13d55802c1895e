"""Find the files of a robot's description: beside its YAML, in ROS and in Python packages."""

from collections.abc import Iterator
import importlib.util
import os
from pathlib import Path
import sys
from xml.etree import ElementTree

from vla_contract.deployment.robot_model import ModelFile
from vla_contract.errors import ResourceNotFoundError
from vla_contract.share import package_file

SCHEME = 'package://'
_MENAGERIE = 'mujoco_menagerie'


def model_path(file: ModelFile) -> Path:
    """Return where a file of a robot's model lies.

    Raises:
        ResourceNotFoundError: the package or the file is missing.
    """
    folder = Path(file.folder or '.')
    if not file.package:
        return described_file(file.path, folder)
    try:
        return package_file(file.package, file.path)
    except ResourceNotFoundError as error:
        found = _find(file.package, file.path, folder)
        if found is None:
            raise error
        return found


def described_file(name: str, folder: Path) -> Path:
    """Return the file that a description names.

    Args:
        name: `package://NAME/path`, `file://path`, or a path, absolute or relative.
        folder: of the file that names it; a relative path counts from here.

    Raises:
        ResourceNotFoundError: the package or the file is missing.
    """
    if name.startswith(SCHEME):
        package, _, path = name.removeprefix(SCHEME).partition('/')
        inside = _find(package, path, folder)
        if inside is None:
            missing = package_folder(package, folder) / path
            raise ResourceNotFoundError('file of a robot model', missing, 'check the path')
        return inside
    found = folder / Path(name.removeprefix('file://')).expanduser()
    if not found.is_file():
        raise ResourceNotFoundError('file of a robot model', found, 'check the path')
    return found


def package_folder(package: str, near: Path) -> Path:
    """Return the share folder of a package that a description names.

    Looked for, in this order: folders above the file, by name or by their package.xml, and what
    stands beside them; ROS packages that are installed (AMENT_PREFIX_PATH) or in
    ROS_PACKAGE_PATH; data files of wheels; Python packages; models that robot_descriptions or
    mujoco_menagerie downloaded.

    Args:
        package: its name.
        near: folder of the file that names it.

    Raises:
        ResourceNotFoundError: there is none.
    """
    for folder in _folders(package, near.resolve()):
        if folder.is_dir():
            return folder
    raise ResourceNotFoundError(
        'package of a robot model',
        package,
        'source the workspace that has it, add the folder above it to ROS_PACKAGE_PATH, or put '
        'the description into a folder of that name',
    )


def _find(package: str, path: str, near: Path) -> Path | None:
    """Return the first place of a package that has a file; None where none has."""
    found = (folder / path for folder in _folders(package, near.resolve()))
    cached = _in_menagerie(path) if package == _MENAGERIE else iter(())
    return next((file for file in (*found, *cached) if file.is_file()), None)


def _folders(package: str, near: Path) -> Iterator[Path]:
    for folder in (near, *near.parents):
        if folder.name == package or _name_in_manifest(folder) == package:
            yield folder
        # Descriptions are kept side by side: NAME_description beside NAME_gripper.
        yield folder / package
    for prefix in _paths('AMENT_PREFIX_PATH'):
        yield prefix / 'share' / package
    for root in _paths('ROS_PACKAGE_PATH'):
        yield root / package
    # Data files of wheels, and what wheels made by cmeel (pinocchio, example-robot-data) carry.
    yield Path(sys.prefix) / 'share' / package
    for path in sys.path:
        yield Path(path) / 'cmeel.prefix' / 'share' / package
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield Path(location)
    cache = os.environ.get('ROBOT_DESCRIPTIONS_CACHE', '~/.cache/robot_descriptions')
    yield Path(cache).expanduser() / package


def _in_menagerie(path: str) -> Iterator[Path]:
    """Yield where the package mujoco_menagerie (PyPI) keeps what it downloaded.

    A folder of one's own is MENAGERIE_ROOT/ROBOT; its cache is models/ROBOT-HASH, complete when
    a file .complete stands there (mujoco_menagerie/_cache.py, 2026.10).
    """
    robot, _, rest = path.partition('/')
    for root in _paths('MENAGERIE_ROOT'):
        yield root / path
    base = Path(os.environ.get('XDG_CACHE_HOME', '~/.cache')).expanduser() / _MENAGERIE
    cache = Path(os.environ.get('MENAGERIE_CACHE_DIR', base))
    for folder in sorted(cache.glob(f'models/{robot}-*')):
        if (folder / '.complete').is_file():
            yield folder / rest


def _name_in_manifest(folder: Path) -> str:
    try:
        root = ElementTree.parse(folder / 'package.xml').getroot()
    except (OSError, ElementTree.ParseError):
        return ''
    return (root.findtext('name') or '').strip()


def _paths(variable: str) -> list[Path]:
    return [Path(path) for path in os.environ.get(variable, '').split(os.pathsep) if path]
