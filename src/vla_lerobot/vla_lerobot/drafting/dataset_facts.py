"""What a LeRobotDataset says of its vectors and cameras, without its images."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from vla_contract.values import Vector
from vla_lerobot.dataset_files import BrokenDatasetError, read_info, read_tables, require_dataset
from vla_lerobot.features import ACTION, image_shape, IMAGES, recorded_names, STATE, UNITS

_STATISTICS = Path('meta', 'stats.json')
_DATA = 'data/*/*.parquet'


@dataclass(frozen=True)
class Rows:
    """State and action of consecutive frames.

    Attributes:
        state: shape (N, S).
        action: shape (N, A).
        episode: of each frame, shape (N,).
    """

    state: Vector
    action: Vector
    episode: Vector


@dataclass(frozen=True)
class DatasetFacts:
    """What a dataset says.

    Attributes:
        root: its folder.
        fps: its rate [Hz].
        robot: LeRobot's name of the robot, '' where it is not recorded.
        names: by key, of the numbers of state and action, None where they are not recorded.
        widths: by key, how many numbers there are.
        units: by key, what each number means, where that is recorded.
        statistics: by key.
        cameras: width and height of its images by feature [px].
    """

    root: Path
    fps: float
    robot: str
    names: Mapping[str, tuple[str, ...] | None]
    widths: Mapping[str, int]
    units: Mapping[str, tuple[str, ...]]
    statistics: Mapping[str, Mapping[str, Any]]
    cameras: Mapping[str, tuple[int, int]]


def read_dataset(root: Path) -> DatasetFacts:
    """Read info.json and stats.json of a dataset.

    Raises:
        ResourceNotFoundError: there is no dataset.
        BrokenDatasetError: a file is damaged, or of another version.
    """
    require_dataset(root)
    info = read_info(root)
    vectors = {key: info['features'][key] for key in (STATE, ACTION) if key in info['features']}
    images = {key: f for key, f in info['features'].items() if f['dtype'] in IMAGES}
    sizes = {key: image_shape(feature) for key, feature in images.items()}
    return DatasetFacts(
        root=root,
        fps=float(info.get('fps', 0.0)),
        robot=str(info.get('robot_type') or ''),
        names={key: recorded_names(feature) for key, feature in vectors.items()},
        widths={key: prod(feature['shape']) for key, feature in vectors.items()},
        units={key: tuple(f[UNITS]) for key, f in vectors.items() if f.get(UNITS)},
        statistics=_statistics(root),
        cameras={key: (width, height) for key, (_, height, width) in sizes.items()},
    )


def first_rows(root: Path) -> Rows | None:
    """Return state and action of the frames in the first file of a dataset, None without files.

    Raises:
        BrokenDatasetError: it is damaged.
    """
    if next(root.glob(_DATA), None) is None:
        return None  # its description alone was fetched
    columns = [STATE, ACTION, 'episode_index']
    _, table = next(iter(read_tables(root, _DATA, columns)))
    state, action, episode = (np.asarray(table.column(name).to_pylist()) for name in columns)
    return Rows(state.reshape(len(state), -1), action.reshape(len(action), -1), episode)


def _statistics(root: Path) -> Mapping[str, Mapping[str, Any]]:
    path = root / _STATISTICS
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        return {key: dict(content[key]) for key in (STATE, ACTION) if key in content}
    except (ValueError, TypeError) as error:
        raise BrokenDatasetError(root, str(_STATISTICS), str(error), "LeRobot's JSON") from error
