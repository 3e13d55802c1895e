"""Read a LeRobotDataset once: all numbers, and a signature of every image."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.cli.progress import watched
from vla_contract.deployment.deployment import Deployment
from vla_lerobot.dataset_checks.episodes import Episode, EpisodeRows
from vla_lerobot.dataset_checks.finding import Finding
from vla_lerobot.dataset_checks.images.signatures import (
    as_pixels,
    Signature,
    signature,
    View,
    view_of,
)
from vla_lerobot.dataset_checks.images.video_pass import DamagedVideoError, decoded_frames
from vla_lerobot.dataset_checks.roles import episode_roles
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.vector_order import dataset_codec

ReadFrame = Callable[[int], dict[str, Any]]
# How far LeRobot allows the time of an image to be from that of its frame.
_TOLERANCE_S = 1e-4
_CURE = 'copy the file again, or leave the episode out with --skip-bad'


def read_episodes(dataset: Any, read: ReadFrame, deployment: Deployment) -> list[Episode]:
    """Return every episode, images decoded once.

    Args:
        dataset: LeRobotDataset.
        read: returns a frame of it, by its number.
        deployment: whose joints the numbers are of; they are put in the cell's order.
    """
    table = _columns(dataset, deployment)
    lengths = [int(length) for length in dataset.meta.episodes['length']]
    own = [np.flatnonzero(table['episode_index'] == number) for number in range(len(lengths))]
    demonstrations = set(episode_roles(dataset).demonstrations)
    episodes = [
        Episode(
            number,
            _rows(table, frames, lengths, number),
            task=str(int(table['task_index'][frames[0]])) if len(frames) else '',
            is_demonstration=number in demonstrations,
        )
        for number, frames in enumerate(own)
    ]
    whole = [e.number for e in episodes if 0 < e.rows.length == len(e.rows.state)]
    videos = _videos(dataset, [episodes[number] for number in whole])
    stills = [key for key in _camera_keys(dataset) if key not in dataset.meta.video_keys]
    if stills:
        # A frame of LeRobot holds its videos' images too: they are not to be decoded twice.
        read_still = dataset.hf_dataset.__getitem__ if dataset.meta.video_keys else read
        for number in watched(whole, 'episodes', 'images'):
            episode = _with_stills(episodes[number], read_still, own[number], stills)
            episodes[number] = episode
    for number, views, unread in videos:
        seen = episodes[number]
        episodes[number] = replace(
            seen, views={**seen.views, **views}, unread=(*seen.unread, *unread)
        )
    return episodes


def _columns(dataset: Any, deployment: Deployment) -> dict[str, NDArray[np.float64]]:
    """Return the numbers of all frames, as positions of the cell's joints in its order."""
    columns = [STATE, ACTION, 'timestamp', 'episode_index', 'task_index']
    rows = dataset.hf_dataset.with_format('numpy').select_columns(columns)[:]
    table = {key: np.asarray(rows[key], dtype=np.float64) for key in columns}
    codec = dataset_codec(deployment, dataset)
    # Broken numbers are what the checks look for.
    table[STATE] = codec.state.decode(table[STATE], is_checked=False)
    table[ACTION] = codec.decode_steps(table[ACTION], table[STATE], is_checked=False)
    return table


def _rows(
    table: dict[str, NDArray[np.float64]],
    frames: NDArray[np.int64],
    lengths: list[int],
    number: int,
) -> EpisodeRows:
    return EpisodeRows(
        state=table[STATE][frames],
        action=table[ACTION][frames],
        stamp_s=table['timestamp'][frames],
        length=lengths[number],
        median_length=float(np.median(lengths)),
    )


def _camera_keys(dataset: Any) -> list[str]:
    """Return the cameras that see colours; depth maps are not looked at."""
    depth = getattr(dataset.meta, 'depth_keys', ())
    return [key for key in dataset.meta.camera_keys if key not in depth]


def _with_stills(
    episode: Episode, read: ReadFrame, frames: NDArray[np.int64], keys: list[str]
) -> Episode:
    """Read images that are files of their own; the first that cannot be read ends the reading."""
    found: dict[str, list[Signature]] = {key: [] for key in keys}
    for frame, index in enumerate(frames):
        try:
            sample = read(int(index))
            for key in keys:
                found[key].append(signature(as_pixels(sample[key])))
        # What Pillow raises for damaged data.
        except (OSError, SyntaxError, ValueError, RuntimeError) as error:
            fault = Finding(
                episode.number,
                'corrupt',
                f'frame {frame} cannot be read: {error}',
                _CURE,
                frames=(frame, frame),
            )
            return replace(episode, unread=(fault,))
    return replace(episode, views={key: view_of(key, found[key], False) for key in keys})


def _videos(
    dataset: Any, episodes: list[Episode]
) -> Iterator[tuple[int, dict[str, View], list[Finding]]]:
    """Decode every video file once through; yield what it holds of each episode."""
    for key in dataset.meta.video_keys:
        if key not in _camera_keys(dataset):
            continue
        files: dict[Path, list[Episode]] = {}
        for episode in episodes:
            path = dataset.root / dataset.meta.get_video_file_path(episode.number, key)
            files.setdefault(path, []).append(episode)
        starts = dataset.meta.episodes[f'videos/{key}/from_timestamp']
        for path, inside in watched(files.items(), 'files', f'videos of {key}'):
            times = [float(starts[e.number]) + e.rows.stamp_s for e in inside]
            pictures, reason = _at_times(path, np.concatenate(times))
            ends = np.cumsum([len(own) for own in times])[:-1]
            for episode, own in zip(inside, np.split(pictures, ends), strict=True):
                missing = [frame for frame, picture in enumerate(own) if picture is None]
                if missing:
                    yield episode.number, {}, [_undecoded(episode.number, key, missing, reason)]
                else:
                    yield episode.number, {key: view_of(key, list(own), True)}, []


def _at_times(path: Path, wanted_s: NDArray[np.float64]) -> tuple[NDArray[np.object_], str]:
    """Return a video's signatures at some times, None where there is none, and the reason."""
    found = np.full(len(wanted_s), None, dtype=object)
    order = np.argsort(wanted_s, kind='stable')
    ordered = wanted_s[order]
    reason = ''
    try:
        for time_s, image in decoded_frames(path):
            first = np.searchsorted(ordered, time_s - _TOLERANCE_S)
            last = np.searchsorted(ordered, time_s + _TOLERANCE_S, side='right')
            if first < last:
                found[order[first:last]] = signature(image)
    except DamagedVideoError as error:
        reason = f': {error}'
    return found, reason


def _undecoded(number: int, camera: str, missing: list[int], reason: str) -> Finding:
    text = (
        f'frame {missing[0]} of {camera} cannot be decoded'
        f' ({len(missing)} of its frames are lost){reason}'
    )
    return Finding(number, 'corrupt', text, _CURE, camera, (missing[0], missing[-1]))
