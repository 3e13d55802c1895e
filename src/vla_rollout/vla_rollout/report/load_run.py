"""A run from its folder, whichever command wrote it."""

from collections.abc import Sequence
import json
from pathlib import Path
from typing import Any

from vla_contract.errors import did_you_mean, ResourceNotFoundError, SettingError, VlaError
from vla_rollout.report.kinds.any_run import AnyRun
from vla_rollout.report.kinds.counted_run import CountedRun
from vla_rollout.report.kinds.instruction_check import InstructionCheck
from vla_rollout.report.kinds.sweep import Sweep

KINDS: tuple[type[AnyRun], ...] = (CountedRun, Sweep, InstructionCheck)


def load_run(folder: Path) -> AnyRun:
    """Read the summary.json of a run folder.

    Raises:
        VlaError: there is none, it is damaged, or it has no episode.
    """
    path = folder / 'summary.json'
    values = _read(path)
    kind = next((kind for kind in KINDS if kind.key in values), None)
    if kind is None:
        commands = ', '.join(kind.commands for kind in KINDS)
        raise VlaError(f'{path}: found {_names(values)}; allowed: what {commands} write')
    if not isinstance(settings := values.get('settings'), dict):
        raise SettingError(str(path), 'settings', type(settings).__name__, 'names and values')
    try:
        # A run keeps its own name when it is looked at as runs/latest.
        run = kind.read(folder.resolve(), values, str(path))
    except (OverflowError, TypeError, ValueError) as error:
        raise VlaError(f'{path}: not what {kind.commands} writes: {error}') from error
    if not any(run.suites.values()):
        raise VlaError(f'{path}: no episode finished')
    return run


def require_different(runs: Sequence[AnyRun]) -> None:
    """Refuse a run that is there twice, as itself or as a copy: nothing differs from itself.

    Raises:
        VlaError: names both folders.
    """
    seen: dict[bytes, Path] = {}
    for run in runs:
        content = (run.folder / 'summary.json').read_bytes()
        before = seen.setdefault(content, run.folder)
        if before is run.folder:
            continue
        if before == run.folder:
            raise VlaError(f'{run.folder}: found twice; allowed: every run once')
        raise VlaError(f'{run.folder} is a copy of {before}; allowed: every run once')


def _read(path: Path) -> dict[str, Any]:
    folder = path.parent
    try:
        values = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        if (folder / 'journal.jsonl').is_file():
            raise VlaError(
                f'{folder}: found no summary.json, the run has not ended; the command that began '
                f'it goes on with --resume {folder}'
            ) from None
        runs = [found.parent.name for found in folder.parent.glob('*/summary.json')]
        cure = f'{did_you_mean(folder.name, runs)} give the folder of a run'.lstrip()
        raise ResourceNotFoundError('run', folder, cure) from None
    except (OSError, ValueError, RecursionError) as error:
        raise VlaError(f'{path}: found no readable JSON: {error}') from error
    if not isinstance(values, dict):
        raise VlaError(f'{path}: found {type(values).__name__}; allowed: names and values')
    return values


def _names(values: dict[str, Any]) -> str:
    return ', '.join(list(values)[:8]) or 'nothing'
