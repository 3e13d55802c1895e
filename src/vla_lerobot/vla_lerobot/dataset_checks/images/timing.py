"""Images that come late, or are another episode's: judged by what moves in them."""

from collections.abc import Iterator
from functools import reduce
import operator

import numpy as np
from numpy.typing import NDArray
from vla_contract.values import Vector
from vla_lerobot.dataset_checks.episodes import Episode, Recorded
from vla_lerobot.dataset_checks.finding import Finding
from vla_lerobot.dataset_checks.images.motion import (
    Agreement,
    agreement,
    agreement_of,
    best_of,
    Equations,
    equations,
    lags_of,
    Pairs,
    pairs_of,
    shifted,
)
from vla_lerobot.dataset_checks.images.pictures import has_content
from vla_lerobot.dataset_checks.images.signatures import View
from vla_lerobot.dataset_checks.others import FEWEST, spread_of_others

# What good episodes gain at most by a shift is 1.3 standard deviations; shifted ones gain 2.5 up.
_GAIN, _GAIN_ALONE = 2.0, 3.0
# And so much worse than the others they fit as they are.
_WORSE = 0.05
# Correlation below which images do not fit at all, and what it must fall short of the others.
_UNFIT, _SHORT = 0.5, 0.25
# Root mean square distance below which two images are one: images, and after a codec.
_SAME = {False: 1e-5, True: 0.012}
_SHARE = 0.8
_COMPARED = 8
_RECORD = 'record again, or leave it out with --skip-bad'


def untimely(data: Recorded) -> Iterator[Finding]:
    """The images of a camera fit the joints only when they are shifted, or not at all."""
    for camera in data.cameras:
        pairs = _pairs(data, camera)
        if not pairs:
            continue
        total = _total(pairs)
        found = {
            number: agreement_of(entry, total - equations(*shifted(entry, 0)))
            for number, entry in pairs.items()
        }
        if (lag := _common_lag(pairs)) != 0:
            for number in pairs:
                yield _late(number, camera, lag, found[number], data)
            continue
        for number, fit in found.items():
            yield from _judged(number, camera, fit, found, data)


def foreign(data: Recorded) -> Iterator[Finding]:
    """The images are those of another episode, which their numbers are not a copy of.

    Of two episodes with the same images the one is named whose joints fit them worse.
    """
    for camera in data.cameras:
        pairs = _pairs(data, camera)
        if not pairs:
            continue
        total = _total(pairs)
        seen = [episode for episode, _ in data.seen_by(camera)]
        for number, episode in enumerate(seen):
            for other in seen[:number]:
                if _same_images(episode, other, camera) and not _same_numbers(episode, other):
                    worse, owner = _worse(episode, other, pairs, total)
                    text = f'the images of {camera} are those of episode {owner}'
                    yield Finding(worse, 'foreign images', text, _RECORD, camera)


def _pairs(data: Recorded, camera: str) -> dict[int, Pairs]:
    stride = max(1, round(data.deployment.policy.rate_hz / 10.0))
    found = {
        episode.number: pairs_of(episode.rows.state, view, data.range, stride)
        for episode, view in data.seen_by(camera)
        if has_content(view)
    }
    return {number: pairs for number, pairs in found.items() if pairs is not None}


def _total(pairs: dict[int, Pairs], lag: int = 0) -> Equations:
    return reduce(operator.add, (equations(*shifted(entry, lag)) for entry in pairs.values()))


def _common_lag(pairs: dict[int, Pairs]) -> int:
    """Return the shift that most episodes want with weights that fit all, 0 where they do not."""
    lags = set.intersection(*(set(lags_of(entry)) for entry in pairs.values()))
    weights = {lag: _total(pairs, lag).weights() for lag in lags}
    fits = {
        number: {lag: agreement(*shifted(entry, lag), weights[lag]) for lag in lags}
        for number, entry in pairs.items()
    }
    lag = max(lags, key=lambda lag: (np.median([own[lag] for own in fits.values()]), -abs(lag)))
    gains = [
        best_of({0: own[0], lag: own[lag]}, pairs[number]).gain for number, own in fits.items()
    ]
    needed = _GAIN if len(pairs) > FEWEST else _GAIN_ALONE
    return lag if np.median(gains) >= needed else 0


def _judged(
    number: int, camera: str, fit: Agreement, found: dict[int, Agreement], data: Recorded
) -> Iterator[Finding]:
    others = spread_of_others({n: entry.at_once for n, entry in found.items()}, number)
    if others.count < FEWEST:
        return
    if fit.gain >= _GAIN and fit.at_once < others.middle - _WORSE:
        yield _late(number, camera, fit.lag, fit, data)
    elif fit.at_once < min(_UNFIT, others.middle - _SHORT) and others.middle > _UNFIT:
        text = (
            f'what moves in {camera} does not follow the joints (correlation '
            f'{fit.at_once:.2f}, of the others {others.middle:.2f})'
        )
        yield Finding(number, 'foreign images', text, _RECORD, camera)


def _late(number: int, camera: str, lag: int, fit: Agreement, data: Recorded) -> Finding:
    way = 'late' if lag > 0 else 'early'
    seconds = abs(lag) / data.deployment.policy.rate_hz
    text = (
        f'{camera} comes {abs(lag)} frames ({seconds:.2f} s) {way} against the joints '
        f'(correlation {fit.at_once:.2f}, shifted {fit.best:.2f})'
    )
    back = 'earlier' if lag > 0 else 'later'
    cure = f"move the images {abs(lag)} frames {back}, or stamp them at the camera's exposure"
    return Finding(number, 'images shifted', text, cure, camera)


def _same_images(episode: Episode, other: Episode, camera: str) -> bool:
    """Whether most images are equal at the same place; pauses make a few equal by chance."""
    mine, theirs = episode.views[camera], other.views[camera]
    bound = _SAME[mine.is_video or theirs.is_video]
    count = min(len(mine), len(theirs))
    # Three of them tell of most pairs that they are not.
    few = np.linspace(0, count - 1, 3).astype(np.int64)
    if count < _COMPARED or not has_content(mine) or (_apart(mine, theirs, few) > bound).all():
        return False
    return bool((_apart(mine, theirs, np.arange(count)) <= bound).mean() > _SHARE)


def _apart(mine: View, theirs: View, frames: NDArray[np.int64]) -> Vector:
    away = mine.pictures[frames].astype(np.float64) - theirs.pictures[frames]
    apart: Vector = np.sqrt(np.mean(np.square(away), axis=(1, 2, 3)))
    return apart


def _same_numbers(episode: Episode, other: Episode) -> bool:
    count = min(len(episode.rows.state), len(other.rows.state))
    return bool(np.array_equal(episode.rows.state[:count], other.rows.state[:count]))


def _worse(
    episode: Episode, other: Episode, pairs: dict[int, Pairs], total: Equations
) -> tuple[int, int]:
    """Return the number of the episode that fits its images worse, and of the other."""
    if not {episode.number, other.number} <= set(pairs):
        return episode.number, other.number
    scores = {}
    for number in (episode.number, other.number):
        fit = agreement_of(pairs[number], total)
        scores[number] = 2.0 * fit.at_once - fit.best
    worse = min(scores, key=lambda number: scores[number])
    return worse, other.number if worse == episode.number else episode.number
