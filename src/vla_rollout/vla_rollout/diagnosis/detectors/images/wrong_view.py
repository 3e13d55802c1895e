"""Wrong image: a camera that shows the scene otherwise than it was shown in training."""

from collections import defaultdict

import numpy as np
from vla_contract.values import Image
from vla_rollout.diagnosis.cause import Cause
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.images.dark_image import shows_nothing
from vla_rollout.diagnosis.detectors.images.training_images import (
    Changed,
    COLOURS,
    TrainingImages,
)
from vla_rollout.diagnosis.taxonomy import OTHER_CAMERA, TURNED_IMAGE, WRONG_COLOURS
from vla_rollout.episodes.cycle import Cycle

# How a camera is mounted and read does not change within an episode; one image alone may be like
# another by chance.
_FEWEST, _FRAMES = 2, 6


class WrongView(Detector):
    """How many times more like the training images an image is, once a change is undone.

    It is the mean over the first images of an episode. Where even then it is unlike them, or where
    these are too unlike among themselves, nothing is known.
    """

    cause = TURNED_IMAGE
    variants = (WRONG_COLOURS, OTHER_CAMERA)
    unit = 'times'
    floor = 1.5
    default = 1.5
    is_learned = False

    def __init__(self, training: TrainingImages) -> None:
        """Prepare with what the cameras showed in training."""
        self._training = training
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._seen: dict[str, list[list[Changed]]] = defaultdict(list)
        self._score: float | None = None
        self._best: tuple[str, Changed] | None = None

    @property
    def evidence(self) -> str:
        """Which camera, which change, and how much better the image fits."""
        if self._best is None:
            return ''
        camera, best = self._best
        return (
            f'camera {camera}: {best.what}; unlike the training images by {best.before:.2f} as it '
            f'comes, by {best.after:.2f} otherwise'
        )

    @property
    def found(self) -> Cause:
        """The cause that belongs to the change."""
        if self._best is None:
            return TURNED_IMAGE
        best = self._best[1]
        if best.camera:
            return OTHER_CAMERA
        return WRONG_COLOURS if best.what == COLOURS else TURNED_IMAGE

    @property
    def score(self) -> float | None:
        """The largest gain of any camera up to now; None before the first image."""
        return self._score

    def see_frame(self, camera: str, stamp_ns: int, image: Image) -> None:
        """Compare one of the first images."""
        seen = self._seen[camera]
        if shows_nothing(image):
            return
        if len(seen) >= _FRAMES or not (changes := self._training.changes(camera, image)):
            return
        seen.append(changes)
        self._score = self._score or 0.0
        if len(seen) < _FEWEST:
            return
        means = [_mean(list(same)) for same in zip(*seen, strict=True)]
        best = max(means, key=lambda change: change.gain)
        others = [self._best] if self._best and self._best[0] != camera else []
        self._best = max([(camera, best), *others], key=lambda found: found[1].gain)
        self._score = self._best[1].gain

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the score."""
        return self.score


def _mean(changes: list[Changed]) -> Changed:
    """Return what one change makes of several images, on average."""
    first = changes[0]
    before, after = (
        float(np.mean([getattr(change, name) for change in changes]))
        for name in ('before', 'after')
    )
    return Changed(first.what, first.camera, before, after, first.usual)
