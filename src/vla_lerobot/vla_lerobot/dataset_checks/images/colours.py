"""Colour channels in another order than in the other episodes, and cameras that are exchanged."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from vla_lerobot.dataset_checks.episodes import Recorded
from vla_lerobot.dataset_checks.finding import Finding, in_words
from vla_lerobot.dataset_checks.images.pictures import has_content
from vla_lerobot.dataset_checks.images.signatures import View
from vla_lerobot.dataset_checks.others import runs

# Others that it takes; of one or two nobody can say which is right.
_FEWEST = 2
# As near to the others as they are to each other, and so many times further as it is.
_NEAR, _TIMES = 1.7, 2.0
_LEAST = 0.003
# Brightness below which colours fade out.
_DIM = 0.15
# A thing counts as coloured from here on; and of what the others have, this part is too little of
# its colour, and this part enough of the other.
_COLOURED, _FADED, _KEPT = 0.1, 0.5, 0.6

Colours = NDArray[np.float32]


def exchanged_channels(data: Recorded) -> Iterator[Finding]:
    """Red and blue are exchanged: turned it fits the others, as it is it does not.

    Either the whole image tells, or the most coloured thing in it, which randomised backgrounds
    leave as it is. Where neither is alike in the other episodes nothing is said; and when all
    episodes are so nobody can know.
    """
    for camera in data.cameras:
        chromas = {
            episode.number: _chroma(view)
            for episode, view in data.seen_by(camera)
            if has_content(view)
        }
        if len(chromas) <= _FEWEST:
            continue
        for number, own in chromas.items():
            others = [value for other, value in chromas.items() if other != number]
            if _is_turned_map(own, others) or _is_turned_thing(own, others):
                text = f'red and blue of {camera} are exchanged, it differs from the others'
                cure = 'convert its images from BGR to RGB'
                yield Finding(number, 'BGR', text, cure, camera)


def _chroma(view: View) -> Colours:
    """Return red and blue without green, of the brightness: shape (T, SIDE, SIDE, 2)."""
    pictures = view.pictures
    shares = pictures / (pictures.sum(axis=-1, keepdims=True) + _DIM)
    return np.stack([shares[..., 0] - shares[..., 1], shares[..., 2] - shares[..., 1]], axis=-1)


def _is_turned_map(own: Colours, others: Sequence[Colours]) -> bool:
    """Whether the middle image, turned, is as near to the others as they are to each other."""
    maps = [np.median(value, axis=0) for value in others]
    middle, mine = np.median(maps, axis=0), np.median(own, axis=0)
    usual = max(_LEAST, float(np.median([_away(value, middle) for value in maps])))
    turned = _away(mine[..., ::-1], middle)
    return turned < _NEAR * usual and _away(mine, middle) > _TIMES * max(turned, usual)


def _is_turned_thing(own: Colours, others: Sequence[Colours]) -> bool:
    """Whether a red thing that every other episode shows is blue here, or the reverse."""
    things = np.array([_most_coloured(value) for value in others])
    mine = _most_coloured(own)
    for colour, turned in ((0, 1), (1, 0)):
        # Without the lowest of many: it may be as bad as this one.
        least = float(np.sort(things[:, colour])[len(things) // 5])
        if least > np.median(things[:, turned]) and least > _COLOURED:
            return bool(mine[colour] < _FADED * least and mine[turned] > _KEPT * least)
    return False


def _most_coloured(chroma: Colours) -> tuple[float, float]:
    """Return how red and how blue the second reddest and bluest cells are, in the middle frame."""
    red = chroma[..., 0] - np.maximum(chroma[..., 1], 0.0)
    blue = chroma[..., 1] - np.maximum(chroma[..., 0], 0.0)
    second = [np.sort(value.reshape(len(value), -1), axis=1)[:, -2] for value in (red, blue)]
    return float(np.median(second[0])), float(np.median(second[1]))


def exchanged_cameras(data: Recorded) -> Iterator[Finding]:
    """Frames look like another camera's images in the other episodes."""
    cameras = data.cameras
    for camera in cameras:
        for episode, view in data.seen_by(camera):
            means = {
                name: [v.pictures.mean(axis=0) for e, v in data.seen_by(name) if e is not episode]
                for name in cameras
            }
            if len(cameras) < 2 or len(means[camera]) < _FEWEST:
                continue
            away = {
                name: np.sqrt(np.mean(np.square(view.pictures - np.median(own, 0)), (1, 2, 3)))
                for name, own in means.items()
                if own
            }
            for name in cameras:
                if name == camera or name not in away:
                    continue
                mask = _TIMES * away[name] < away[camera]
                for ends in runs(mask, 2)[:1]:
                    text = f'{camera} shows what {name} shows elsewhere, in {in_words(ends)}'
                    cure = 'exchange the two cameras in this episode'
                    yield Finding(episode.number, 'cameras exchanged', text, cure, camera, ends)


def _away(first: Colours, second: Colours) -> float:
    return float(np.sqrt(np.mean(np.square(first - second))))
