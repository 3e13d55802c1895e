"""Whether the files of a LeRobotDataset v3 are all there, before LeRobot is asked.

Where something is missing LeRobot gives up on the folder and asks the hub for a dataset of its
name, which ends in an error of the network.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.errors import ResourceNotFoundError, VlaError

_INFO, _TASKS = Path('meta', 'info.json'), Path('meta', 'tasks.parquet')
_EPISODES, _DATA = 'meta/episodes/*/*.parquet', 'data/*/*.parquet'
_CONVERTER = 'python -m lerobot.scripts.convert_dataset_v21_to_v30'
Columns = dict[str, NDArray[Any]]


class BrokenDatasetError(VlaError):
    """The folder of a dataset is there, and LeRobot could not read it."""

    def __init__(self, root: Path, what: str, found: str, allowed: str) -> None:
        super().__init__(f'{root}: {what}: found {found}; allowed: {allowed}')


def require_dataset(root: Path) -> None:
    """Refuse a folder that is no LeRobotDataset v3.

    Raises:
        ResourceNotFoundError: it has no meta/info.json.
    """
    if not (root / _INFO).is_file():
        raise ResourceNotFoundError('dataset', root, 'give the folder of a LeRobotDataset v3')


def require_whole(root: Path) -> None:
    """Refuse a folder in which files, episodes or frames are missing.

    Raises:
        ResourceNotFoundError: it is no dataset.
        BrokenDatasetError: names what is missing or cannot be read.
    """
    require_dataset(root)
    info = read_info(root)
    if not (root / _TASKS).is_file():
        raise BrokenDatasetError(root, str(_TASKS), 'no such file', 'the names of the tasks')
    videos = [key for key, feature in info['features'].items() if feature['dtype'] == 'video']
    places = [f'videos/{key}/{part}_index' for key in videos for part in ('chunk', 'file')]
    episodes = read_columns(root, _EPISODES, ['length', *places])
    _require_frames(root, info, episodes['length'])
    for key in videos:
        _require_videos(root, info, key, episodes)


def read_info(root: Path) -> dict[str, Any]:
    """Return a dataset's meta/info.json.

    Raises:
        BrokenDatasetError: it is damaged, of another version, or lists no feature or episode.
    """
    try:
        info: dict[str, Any] = json.loads((root / _INFO).read_text())
        version, features = str(info['codebase_version']), dict(info['features'])
        count = int(info['total_episodes'])
        types = [feature['dtype'] for feature in features.values()]
    except (ValueError, KeyError, TypeError) as error:
        found = f'{type(error).__name__}: {error}'
        raise BrokenDatasetError(root, str(_INFO), found, "LeRobot's description") from error
    if not re.fullmatch(r'v?3(\.\d+)*', version):
        cure = f'v3.0 (of v2.1: {_CONVERTER})'
        raise BrokenDatasetError(root, 'codebase_version', f"'{version}'", cure)
    if count < 1 or not types:
        raise BrokenDatasetError(root, 'episodes', 'none', 'at least one')
    return info


def read_columns(root: Path, pattern: str, columns: list[str]) -> Columns:
    """Return some columns of all parquet files of a dataset that match a pattern, in their order.

    Raises:
        BrokenDatasetError: there is no file, one is damaged, or it lacks a column.
    """
    tables = [
        [np.asarray(table.column(name).to_pylist()) for name in columns]
        for _path, table in read_tables(root, pattern, columns)
    ]
    return {
        name: np.concatenate(parts)
        for name, parts in zip(columns, zip(*tables, strict=True), strict=True)
    }


def read_tables(root: Path, pattern: str, columns: list[str]) -> Iterator[tuple[Path, Any]]:
    """Yield the parquet files of a dataset that match a pattern, with some of their columns.

    Raises:
        BrokenDatasetError: there is no file, one is damaged, or it lacks a column.
    """
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    paths = sorted(root.glob(pattern))
    if not paths:
        raise BrokenDatasetError(root, pattern, 'no file', 'at least one')
    for path in paths:
        where = str(path.relative_to(root))
        try:
            table = pq.ParquetFile(path).read(columns=columns)
        except (OSError, pa.ArrowException) as error:
            found = ' '.join(str(error).split())[:200]
            raise BrokenDatasetError(root, where, found, 'a whole parquet file') from error
        if missing := set(columns) - set(table.column_names):
            found = f'no column {", ".join(sorted(missing))}'
            raise BrokenDatasetError(root, where, found, f'columns {", ".join(columns)}')
        yield path, table


def _require_frames(root: Path, info: dict[str, Any], lengths: NDArray[np.int64]) -> None:
    """Refuse an episode that has none of its frames, or fewer or more than it says."""
    if len(lengths) != info['total_episodes']:
        allowed = f'{info["total_episodes"]}, as {_INFO} says'
        raise BrokenDatasetError(root, 'meta/episodes', f'{len(lengths)} episodes', allowed)
    own = read_columns(root, _DATA, ['episode_index'])['episode_index']
    found = np.bincount(own, minlength=len(lengths))
    if len(found) != len(lengths):
        named = f'frames of episode {len(found) - 1}'
        raise BrokenDatasetError(root, 'data', named, f'{len(lengths)} episodes')
    for episode, (count, length) in enumerate(zip(found, lengths, strict=True)):
        if count != length or length < 1:
            allowed = f'{length}, as meta/episodes says' if length > 0 else 'at least one'
            raise BrokenDatasetError(root, f'episode {episode}', f'{count} frames', allowed)


def _require_videos(root: Path, info: dict[str, Any], key: str, episodes: Columns) -> None:
    places = (episodes[f'videos/{key}/{part}_index'] for part in ('chunk', 'file'))
    for chunk, file in sorted(set(zip(*places, strict=True))):
        name = str(info['video_path']).format(video_key=key, chunk_index=chunk, file_index=file)
        if not (root / name).is_file():
            raise BrokenDatasetError(root, name, 'no such file', f'the videos of {key}')


@contextmanager
def hub_closed() -> Iterator[None]:
    """Have whatever asks the hub within the block fail at once."""
    from huggingface_hub import constants

    was_closed = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = was_closed
