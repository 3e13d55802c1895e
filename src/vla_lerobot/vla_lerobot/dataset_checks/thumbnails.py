"""Small pictures of episodes: the first, middle and last frame of each camera."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from vla_contract.page.page import figure, Html
from vla_contract.values import Image
from vla_lerobot.dataset_checks.dataset import EpisodeVerdict

_HEIGHT = 96
_MOST = 24
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 80]


def film_strips(dataset: Any, verdicts: Sequence[EpisodeVerdict]) -> Html:
    """Show episodes, bad ones first, a row of three frames for each camera.

    Frames that cannot be decoded are grey: the findings name them.
    """
    if not dataset.meta.camera_keys:
        return Html('<p>no camera</p>')
    shown = sorted(verdicts, key=lambda entry: not entry.faults)[:_MOST]
    strips = [
        figure(_jpeg(_strip(dataset, entry)), _caption(entry, dataset.fps), 'jpeg')
        for entry in sorted(shown, key=lambda entry: entry.episode)
    ]
    left_out = len(verdicts) - len(shown)
    rest = f'<p>and {left_out} more without a finding</p>' if left_out else ''
    return Html(f'<div class="strips">{"".join(strips)}</div>{rest}')


def _caption(entry: EpisodeVerdict, fps: float) -> str:
    found = '; '.join(finding.fault for finding in entry.findings)
    return f'episode {entry.episode}, {entry.rows.length / fps:.1f} s' + (
        f': {found}' if found else ''
    )


def _strip(dataset: Any, entry: EpisodeVerdict) -> Image:
    """Return the frames of an episode side by side, cameras below each other, RGB."""
    bounds = dataset.meta.episodes[entry.episode]
    first, last = int(bounds['dataset_from_index']), int(bounds['dataset_to_index']) - 1
    frames = [_frame(dataset, k) for k in (first, (first + last) // 2, last)]
    keys = dataset.meta.camera_keys
    rows = [np.concatenate([_small(frame.get(key)) for frame in frames], axis=1) for key in keys]
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows]
    return np.concatenate(padded, axis=0)


def _frame(dataset: Any, frame: int) -> dict[str, Any]:
    try:
        sample: dict[str, Any] = dataset[frame]
    except Exception:  # noqa: BLE001 - as many as there are decoders; the check has named it
        return {}
    return sample


def _small(picture: Any) -> Image:
    """Return an image of LeRobot, float (3, H, W) in [0, 1], as a small one (H, W, 3)."""
    if picture is None:
        return np.full((_HEIGHT, _HEIGHT, 3), 128, dtype=np.uint8)
    image = (np.moveaxis(picture.numpy(), 0, 2) * 255.0).round().astype(np.uint8)
    width = max(1, round(image.shape[1] * _HEIGHT / image.shape[0]))
    small = cv2.resize(image, (width, _HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8).reshape(_HEIGHT, width, -1)


def _jpeg(image: Image) -> bytes:
    _, data = cv2.imencode('.jpg', image[..., ::-1], _QUALITY)
    return bytes(data.tobytes())
