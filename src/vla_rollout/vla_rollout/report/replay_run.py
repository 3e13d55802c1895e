"""Replays the recordings of a run in the deployment it was made with."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from vla_contract.cli.deployment_arguments import PARTS
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.errors import SettingError, VlaError
from vla_contract.recordings.damage import Damage, OnDamage
from vla_contract.values import ActionChunk
from vla_policy_server.identity.policy_identity import from_dict
from vla_rollout.diagnosis.alarm import Alarm
from vla_rollout.diagnosis.diagnosis import Diagnosis
from vla_rollout.diagnosis.healthy import find_healthy
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.recording.cycles import replay_cycles
from vla_rollout.report.episode_figure import draw_episode, EpisodeTrace
from vla_rollout.report.kinds.any_run import AnyRun
from vla_rollout.report.kinds.counted_run import CountedRun
from vla_rollout.report.recorded import count_interventions, RecordedEpisode, RecordedRun
from vla_rollout.report.run_files import recording_of

# The name in the settings of a run for the folder of its recorder.
_FOLDER = 'recordings'
_CODE = 'allow_code'

Shown = Callable[[Iterable[int]], Iterable[int]]
"""Shows how far the episodes are."""


class _Watch(EpisodeTrace):
    """Keeps the trace and diagnoses beside it."""

    def __init__(self, diagnosis: Diagnosis | None) -> None:
        self._diagnosis = diagnosis
        super().__init__()

    @property
    def alarms(self) -> list[Alarm]:
        return self._diagnosis.alarms if self._diagnosis else []

    def restart(self) -> None:
        super().restart()
        if self._diagnosis:
            self._diagnosis.restart()

    def see_chunk(self, chunk: ActionChunk) -> None:
        if self._diagnosis:
            self._diagnosis.see_chunk(chunk)

    def see_cycle(self, cycle: Cycle) -> None:
        super().see_cycle(cycle)
        if self._diagnosis:
            self._diagnosis.see_cycle(cycle)


def replay_run(run: AnyRun, shown: Shown = iter) -> RecordedRun:
    """Replay and draw every episode of a run that was recorded.

    What cannot be read, or belongs to a cell that has changed, is a note and no error.

    Args:
        run: any; only counted episodes are recorded.
        shown: passes on the indices of the episodes, and shows how far they are.
    """
    rows = run.episodes if isinstance(run, CountedRun) else ()
    names = {index: row.recording for index, row in enumerate(rows) if row.recording}
    if not names:
        return RecordedRun()
    notes: list[str] = []
    try:
        deployment = deployment_of_run(run.settings)
    except VlaError as error:
        return RecordedRun(notes=(f'no joint plots: {error}',))
    watch = _Watch(_diagnosis(deployment, run.settings, notes))
    episodes: dict[int, RecordedEpisode] = {}
    for index in shown(names):
        try:
            path = recording_of(run.folder, run.settings.get(_FOLDER), names[index])
            damages: list[Damage] = []
            episodes[index] = _replay(path, deployment.cell, watch, damages.append)
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


def _diagnosis(
    deployment: Deployment, settings: dict[str, Any], notes: list[str]
) -> Diagnosis | None:
    """Return who finds the alarms of the policy that ran, None where nothing was learned."""
    try:
        healthy = find_healthy(deployment, from_dict(settings.get('identity')))
    except VlaError as error:
        notes.append(f'no alarms in the joint plots: {error}')
        return None
    return Diagnosis(deployment.cell, healthy) if healthy else None


def _replay(path: Path, cell: Cell, watch: _Watch, on_damage: OnDamage) -> RecordedEpisode:
    """Return what a recording shows, and tell what of it could not be read.

    Raises:
        VlaError: it cannot be read, or shows no cycle of the filter.
    """
    replay_cycles(path, cell, watch, on_damage=on_damage)
    if not watch.cycles:
        raise VlaError(f'{path}: found no cycle of the action filter')
    picture = draw_episode(cell, watch.cycles, watch.alarms)
    return RecordedEpisode(picture, count_interventions(watch.cycles))
