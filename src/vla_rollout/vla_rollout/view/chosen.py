"""Which recorded episode is to be looked at, and what it was recorded with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.errors import VlaError
from vla_contract.recordings.files import recordings_in
from vla_contract.recordings.recording import Recording
from vla_rollout.report.kinds.counted_run import CountedRun
from vla_rollout.report.load_run import load_run
from vla_rollout.report.replay_run import deployment_of_run
from vla_rollout.report.run_files import recording_of, RECORDINGS

_LISTED = 12


@dataclass(frozen=True)
class Chosen:
    """A recorded episode.

    Attributes:
        path: MCAP file or rosbag2 folder.
        deployment: in which it was recorded.
        name: what a viewer calls it.
        outcome: how it ended, '' where nobody said.
        alarms: of the diagnosis, as the run tells them.
    """

    path: Path
    deployment: Deployment
    name: str
    outcome: str = ''
    alarms: tuple[str, ...] = ()


def choose_episode(run: Path, episode: int | None, parts: Mapping[str, Any]) -> Chosen:
    """Return a recorded episode of a run, or a recording.

    Args:
        run: folder of a run, an MCAP file, a rosbag2 folder, or a folder of these.
        episode: its number in the run, or among the recordings of a folder, from 1 on; None where
            there is only one.
        parts: what names the deployment of a recording that lies beside no run; see
            `load_deployment`.

    Raises:
        VlaError: there is no such episode, or several and none is named, or the deployment cannot
            be loaded.
    """
    if (run / 'summary.json').is_file() or (run / 'journal.jsonl').is_file():
        return _of_run(run, episode)
    found = dict(enumerate(recordings_in(run), 1))
    path = found[_number(run, found, episode)]
    notes = Recording(path).metadata('vla')
    deployment = load_deployment(**parts)
    outcome, alarms = notes.get('outcome', ''), _texts(notes.get('alarms', ''))
    return Chosen(path, deployment, path.stem, outcome, alarms)


def _of_run(folder: Path, episode: int | None) -> Chosen:
    run = load_run(folder)
    rows = run.episodes if isinstance(run, CountedRun) else ()
    recorded = {number: row for number, row in enumerate(rows, 1) if row.recording}
    if not recorded:
        raise VlaError(
            f'{folder}: found no episode with a recording; vla rollout run --record makes them'
        )
    number = _number(folder, recorded, episode)
    row = recorded[number]
    settings = run.settings
    try:
        deployment = deployment_of_run(settings)
    except VlaError as error:
        raise VlaError(f'{error}; name its recording and --deployment instead') from error
    path = recording_of(run.folder, settings.get(RECORDINGS), str(row.recording))
    name = f'{run.name} episode {number}'
    return Chosen(path, deployment, name, row.cause.sentence, row.alarms)


def _number(where: Path, found: Mapping[int, object], episode: int | None) -> int:
    """Return the number of the episode that is meant.

    Raises:
        VlaError: it is not there, or none of several is named.
    """
    if episode is None and len(found) == 1:
        return next(iter(found))
    if episode is not None and episode in found:
        return episode
    asked = f'no episode {episode}' if episode is not None else f'{len(found)} episodes'
    raise VlaError(f'{where}: found {asked}; allowed: --episode {_listed(list(found))}')


def _listed(numbers: Sequence[int]) -> str:
    more = f' ... {numbers[-1]}' if len(numbers) > _LISTED else ''
    return ', '.join(map(str, numbers[:_LISTED])) + more


def _texts(text: str) -> tuple[str, ...]:
    """Return the texts of a list in JSON, none where it is no such list."""
    try:
        found = json.loads(text)
    except ValueError:
        return ()
    return tuple(map(str, found)) if isinstance(found, list) else ()
