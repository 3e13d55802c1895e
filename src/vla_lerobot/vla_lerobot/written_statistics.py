"""The statistics of a finished dataset, written into its meta/stats.json."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from vla_lerobot.dataset_files import BrokenDatasetError, read_columns, read_info, read_tables
from vla_lerobot.features import image_shape, IMAGES
from vla_lerobot.statistics import PixelCounts, Statistics, vector_statistics

_DATA = 'data/*/*.parquet'


def write_statistics(root: Path) -> None:
    """Replace the statistics that LeRobot averaged over episodes by those of all frames.

    Images are sampled as LeRobot samples them: all frames of an episode of up to 100. Those of
    videos keep LeRobot's.

    Args:
        root: folder of a dataset that is finished.

    Raises:
        BrokenDatasetError: its files cannot be read.
    """
    from lerobot.datasets.io_utils import load_stats, write_stats

    features = read_info(root)['features']
    numbers = [
        key
        for key, feature in features.items()
        if feature['dtype'] not in (*IMAGES, 'string', 'language')
    ]
    stats: Statistics = dict(load_stats(root) or {})
    columns = read_columns(root, _DATA, numbers)
    stats |= {key: vector_statistics(values) for key, values in columns.items()}
    images = [key for key in features if features[key]['dtype'] == 'image']
    counts = {key: PixelCounts(image_shape(features[key])[0]) for key in images}
    for key, image in _sampled_images(root, images):
        counts[key].add(image)
    stats |= {key: of.statistics() for key, of in counts.items()}
    write_stats(stats, root)


def _sampled_images(root: Path, keys: list[str]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield images of every episode, shape (3, height, width), each with its column."""
    from lerobot.datasets.compute_stats import sample_indices

    if not keys:
        return
    for path, table in read_tables(root, _DATA, [*keys, 'episode_index']):
        episode = np.asarray(table.column('episode_index').to_pylist())
        for own in np.split(np.arange(len(episode)), np.flatnonzero(np.diff(episode)) + 1):
            rows = own[sample_indices(len(own))]
            for key in keys:
                for row, cell in zip(rows, table.column(key).take(rows).to_pylist(), strict=True):
                    yield key, _decoded(path, int(row), cell)


def _decoded(path: Path, row: int, cell: dict[str, Any]) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(cell['bytes'] or b'\0', dtype=np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise BrokenDatasetError(path, f'row {row}', 'no image', 'a PNG or JPEG')
    return np.asarray(image[:, :, ::-1].transpose(2, 0, 1), dtype=np.uint8)
