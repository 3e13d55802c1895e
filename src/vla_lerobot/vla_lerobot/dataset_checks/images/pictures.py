"""Images without content: one colour, black, overexposed, noise, and sudden changes of light."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from vla_lerobot.dataset_checks.episodes import Recorded
from vla_lerobot.dataset_checks.finding import Finding, in_words
from vla_lerobot.dataset_checks.images.signatures import View

# An image of one colour has none; a lens cap leaves less noise than this.
_LEAST_CONTRAST = 1.0 / 255.0
# Pictures of things have 0.17 at most here, at any noise of `wide`; white noise has 1.
_ROUGH = 0.5
# Share of pixels, alone and beyond that of the middle frame: some scenes are dark or white.
_DARK, _DARKER = 0.9, 0.4
_BRIGHT, _BRIGHTER = 0.5, 0.35
# Change of the mean brightness from one frame to the next, and of the largest elsewhere.
_FLASH, _TIMES = 0.12, 4.0

_LIGHT = 'record again with a fixed exposure; check the lamp and the camera cable'


def without_content(data: Recorded) -> Iterator[Finding]:
    """Images that show one colour, are black, overexposed or noise; each frame counts."""
    for camera in data.cameras:
        views = [view for _, view in data.seen_by(camera)]
        dark = float(np.median(np.concatenate([view.dark for view in views])))
        bright = float(np.median(np.concatenate([view.bright for view in views])))
        for episode, view in data.seen_by(camera):
            for kind, text, cure, frames in _faults(view, dark, bright):
                ends = (int(frames[0]), int(frames[-1]))
                where = f'{camera} {text} in {in_words(frames)}'
                yield Finding(episode.number, kind, where, cure, camera, ends)


def _faults(
    view: View, dark: float, bright: float
) -> Iterator[tuple[str, str, str, NDArray[np.int64]]]:
    blank = view.contrast < _LEAST_CONTRAST
    masks = (
        ('blank', 'shows one colour', 'record again; check the camera', blank),
        ('black', 'is black', _LIGHT, ~blank & (view.dark > max(_DARK, dark + _DARKER))),
        (
            'overexposed',
            'is overexposed',
            _LIGHT,
            ~blank & (view.bright > max(_BRIGHT, bright + _BRIGHTER)),
        ),
        ('noise', 'shows noise', 'record again; check the camera cable', view.roughness > _ROUGH),
    )
    for kind, text, cure, mask in masks:
        if mask.any():
            yield kind, text, cure, np.flatnonzero(mask)


def flashing(data: Recorded) -> Iterator[Finding]:
    """The brightness of a whole image jumps as it does in no other episode."""
    for camera in data.cameras:
        steps = {
            episode.number: np.abs(np.diff(view.pictures.mean(axis=(1, 2, 3))))
            for episode, view in data.seen_by(camera)
            if len(view) > 1
        }
        for number, own in steps.items():
            others = [float(step.max()) for other, step in steps.items() if other != number]
            usual = float(np.median(others)) if others else 0.0
            frames = np.flatnonzero(own > max(_FLASH, _TIMES * usual))
            if len(frames):
                ends = (int(frames[0]) + 1, int(frames[-1]) + 1)
                text = f'the brightness of {camera} jumps at {in_words(sorted(set(ends)))}'
                yield Finding(number, 'flash', text, _LIGHT, camera, ends)


def has_content(view: View) -> bool:
    """Whether most images of a view are pictures of something."""
    good = (view.contrast >= _LEAST_CONTRAST) & (view.roughness <= _ROUGH)
    return bool(good.mean() > 0.5)
