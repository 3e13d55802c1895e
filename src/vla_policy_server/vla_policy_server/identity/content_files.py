"""Which files a policy consists of."""

from pathlib import Path

# This module and content_hash also run in the older Python of OpenVLA: no deployment is imported.
WEIGHTS = '.safetensors'
_CONFIGURATION = ('*.json', 'vla_policy.yaml')
# Learned of a checkpoint's healthy episodes, so no part of it.
_LEARNED = 'healthy.json'


def checkpoint_files(folder: Path) -> list[Path]:
    """Return weights, also those in sub-folders, configuration and policy file."""
    return _found(folder, _CONFIGURATION)


def checkpoint_files_with_code(folder: Path) -> list[Path]:
    """Return the same of a checkpoint that brings its network's code, or older weights, along."""
    return _found(folder, (*_CONFIGURATION, '*.py', '*.bin', '*.model'))


def _found(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    found = [*folder.rglob(f'*{WEIGHTS}')]
    for pattern in patterns:
        found += folder.glob(pattern)
    return [path for path in found if path.is_file() and path.name != _LEARNED]


def dataset_files(folder: Path) -> list[Path]:
    """Return what a replay reads of a LeRobot dataset: its tables, not its videos."""
    parts = (folder / 'meta', folder / 'data')
    return [path for part in parts for path in part.rglob('*') if path.is_file()]
