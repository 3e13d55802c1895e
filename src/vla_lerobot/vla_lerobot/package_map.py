"""Which installed distribution each package comes from, read in tenths of a second.

transformers and diffusers each ask `importlib.metadata.packages_distributions` for this when they
are imported. That looks for every file of every distribution on the disk, a hundred thousand of
them: five seconds of CPU time for both. One file that is there is enough for a package.
"""

from collections.abc import Iterable
import csv
import importlib.metadata
from importlib.metadata import Distribution
import inspect
from pathlib import Path


def read_package_map_quickly() -> None:
    """Have `importlib.metadata.packages_distributions` be `package_map`, which says the same."""
    importlib.metadata.packages_distributions = package_map


def package_map() -> dict[str, list[str]]:
    """Return each top-level package with the names of the distributions that have it."""
    found: dict[str, list[str]] = {}
    for distribution in importlib.metadata.distributions():
        declared = (distribution.read_text('top_level.txt') or '').split()
        packages = declared or _packages_with_files(distribution)
        if packages:
            name = distribution.metadata['Name']
            for package in packages:
                found.setdefault(package, []).append(name)
    return found


def _packages_with_files(distribution: Distribution) -> Iterable[str]:
    """Return the packages of which at least one file is there."""
    there: set[str] = set()
    for path in _files(distribution):
        folder, slash, _ = path.partition('/')
        package = folder if slash else inspect.getmodulename(path) or ''
        is_new = bool(package) and '.' not in package and package not in there
        if is_new and Path(str(distribution.locate_file(path))).exists():
            there.add(package)
    return there


def _files(distribution: Distribution) -> Iterable[str]:
    record = distribution.read_text('RECORD')
    if record:
        return (row[0] for row in csv.reader(record.splitlines()))
    # Installed by something older than wheels.
    return (file.as_posix() for file in distribution.files or ())
