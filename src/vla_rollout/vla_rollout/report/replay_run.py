"""Replays the recordings of a run in the deployment it was made with."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
import re
from typing import Any

from vla_contract.cli.deployment_arguments import PARTS
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.errors import SettingError, VlaError
from vla_contract.recordings.damage import Damage, OnDamage
from vla_rollout.recording.cycles import replay_cycles
from vla_rollout.report.episodes.figure import draw_episode, EpisodeTrace
from vla_rollout.report.kinds.any_run import AnyRun
from vla_rollout.report.kinds.counted_run import CountedRun
from vla_rollout.report.recorded import count_interventions, RecordedEpisode, RecordedRun
from vla_rollout.report.run_files import recording_of

# The name in the settings of a run for the folder of its recorder.
_FOLDER = 'recordings'
_CODE = 'allow_code'
# How the diagnosis begins an alarm in a summary.
_AT = re.compile(r'(\d+\.\d+) s: ')

Shown = Callable[[Iterable[int]], Iterable[int]]
"""Shows how far the episodes are."""


def replay_run(run: AnyRun, shown: Shown = iter) -> RecordedRun:
    """Replay and draw every episode of a run that was recorded, with the alarms that rang in it.

    They are not looked for again: a page that says two things of one episode explains neither.
    What cannot be read, or belongs to a cell that has changed, is a note and no error.

    Args:
        run: any; only counted episodes are recorded.
        shown: passes on the indices of the episodes, and shows how far they are.
    """
    rows = run.episodes if isinstance(run, CountedRun) else ()
    recorded = {index: row for index, row in enumerate(rows) if row.recording}
    if not recorded:
        return RecordedRun()
    notes: list[str] = []
    try:
        deployment = deployment_of_run(run.settings)
    except VlaError as error:
        return RecordedRun(notes=(f'no joint plots: {error}',))
    episodes: dict[int, RecordedEpisode] = {}
    for index in shown(recorded):
        row = recorded[index]
        try:
            path = recording_of(run.folder, run.settings.get(_FOLDER), row.recording or '')
            damages: list[Damage] = []
            alarms_s = [at_s for at_s, _ in alarms_of(row.alarms)]
            episodes[index] = _replay(path, deployment.cell, alarms_s, damages.append)
            notes += [f'episode {index + 1}: {damage}' for damage in damages]
        except VlaError as error:
            notes.append(f'episode {index + 1}: {error}')
    return RecordedRun(episodes, tuple(notes))


def deployment_of_run(settings: dict[str, Any]) -> Deployment:
    """Return the deployment that a run was made with.

    Args:
        settings: of the run; `given` is what named the deployment then.

    Raises:
        VlaError: it cannot be loaded any more, or its cell means something else by now.
    """
    try:
        deployment = load_deployment(**_given(settings))
    except (VlaError, OSError, ValueError) as error:
        raise VlaError(f'the deployment of the run cannot be loaded any more: {error}') from error
    identity = settings.get('identity')
    then = identity.get('cell_sha256') if isinstance(identity, dict) else None
    now = deployment.cell.sha256
    if then != now:
        raise VlaError(
            f'cell {deployment.cell.name} is not the one of the run: found sha256 {now[:8]}, '
            f'the run has {str(then)[:8]}'
        )
    return deployment


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `load_deployment` that a run was called with."""
    given = settings.get('given')
    if not isinstance(given, dict) or not set(given) <= {*PARTS, _CODE}:
        raise SettingError('summary.json', 'settings.given', repr(given), ', '.join(PARTS))
    for name, value in given.items():
        texts = value if name == _CODE and isinstance(value, list) else [value]
        if not all(isinstance(text, str) for text in texts):
            raise SettingError('summary.json', f'settings.given.{name}', repr(value), 'str')
    return given


def alarms_of(texts: Sequence[str]) -> list[tuple[float, str]]:
    """Return when alarms of an episode rang, from its first cycle on [s], each with its text."""
    found = ((_AT.match(text), text) for text in texts)
    return [(float(at.group(1)), text) for at, text in found if at]


def _replay(
    path: Path, cell: Cell, alarms_s: Sequence[float], on_damage: OnDamage
) -> RecordedEpisode:
    """Return what a recording shows, and tell what of it could not be read.

    Raises:
        VlaError: it cannot be read, or shows no cycle of the filter.
    """
    trace = EpisodeTrace()
    replay_cycles(path, cell, trace, on_damage=on_damage)
    if not trace.cycles:
        raise VlaError(f'{path}: found no cycle of the action filter')
    drawing = draw_episode(cell, trace.cycles, alarms_s)
    return RecordedEpisode(drawing, count_interventions(trace.cycles))
