"""The files that belong to a run: a summary.json names them, and none outside is touched."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
import re

from vla_contract.errors import VlaError
from vla_rollout.report.kinds.episode_row import EpisodeRow

RECORDINGS = 'recordings'
SUMMARIES = ('summary.json', 'journal.jsonl')
"""One of them makes a folder a run."""
# As episodes.run_folder names a run.
_STAMP = re.compile(r'\d{8}-\d{6}')


def date_of(folder: Path) -> datetime:
    """Return when a run began, by its folder's name; or when its summary was written."""
    if found := _STAMP.match(folder.name):
        try:
            return datetime.strptime(found[0], '%Y%m%d-%H%M%S')
        except ValueError:
            pass  # digits that are no date
    there = (folder / name for name in SUMMARIES)
    return datetime.fromtimestamp(max(path.stat().st_mtime for path in there if path.is_file()))


def file_of_run(folder: Path, name: str) -> Path | None:
    """Return a file inside the folder of a run, None where there is none.

    Links and `..` that lead out of the folder lead to nothing.

    Args:
        folder: of the run.
        name: path of the file, seen from there.
    """
    return _inside(folder / name, [folder], Path.is_file)


def video_of(folder: Path, row: EpisodeRow) -> Path | None:
    """Return the video of an episode; `vla sim run` names it by its seed alone."""
    return file_of_run(folder, row.video or f'videos/seed_{row.seed}.mp4')


def recording_of(folder: Path, named: object, name: str) -> Path:
    """Return the recording of an episode.

    It is where the run says that its recorder writes, in the run itself, or in the folder beside
    it that a recorder has by default.

    Args:
        folder: of the run.
        named: folder that the settings of the run name as its recorder's; anything else than text
            names none.
        name: file name of the recording, or its path.

    Raises:
        VlaError: it is in none of these.
    """
    roots = [folder, folder / RECORDINGS, folder.parent / RECORDINGS]
    if isinstance(named, str) and named:
        roots.insert(0, folder / named)
    for root in roots:
        if found := _inside(root / name, roots, Path.exists):
            return found
    raise VlaError(f'recording not found: {name}; looked in {_listed(roots)}')


def _inside(path: Path, roots: Iterable[Path], is_there: Callable[[Path], bool]) -> Path | None:
    try:
        real = path.resolve()
        is_inside = any(real.is_relative_to(root.resolve()) for root in roots)
        return real if is_inside and is_there(real) else None
    except (OSError, ValueError):
        # No file has such a name: it is too long, or has a byte 0 in it.
        return None


def _listed(roots: Iterable[Path]) -> str:
    return ', '.join(map(str, roots))
