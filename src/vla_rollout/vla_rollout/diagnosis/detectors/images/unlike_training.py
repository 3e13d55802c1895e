"""Wrong image: a camera that shows what it never showed in training."""

from collections import defaultdict, deque
from functools import partial

import numpy as np
from vla_contract.values import Image
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.images.dark_image import shows_nothing
from vla_rollout.diagnosis.detectors.images.training_images import TrainingImages
from vla_rollout.diagnosis.taxonomy import UNLIKE_TRAINING
from vla_rollout.episodes.cycle import Cycle

# A hand before the lens for a moment is no other scene, and how an image was changed is to be
# known before it is called unlike.
_FRAMES = 3


class UnlikeTraining(Detector):
    """1 minus the correlation with the most similar training image, mean of three images."""

    cause = UNLIKE_TRAINING
    unit = 'of 2'
    floor = 0.1
    blind_at = 0.8

    def __init__(self, training: TrainingImages) -> None:
        """Prepare with what the cameras showed in training."""
        self._training = training
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._last: dict[str, deque[float]] = defaultdict(partial(deque, maxlen=_FRAMES))
        self._score: float | None = None
        self._said = ''

    @property
    def evidence(self) -> str:
        """Which camera."""
        return self._said

    @property
    def score(self) -> float | None:
        """That of the worst camera; None before the first image."""
        return self._score

    def see_frame(self, camera: str, stamp_ns: int, image: Image) -> None:
        """Compare an image."""
        unlike = self._training.unlike(camera, image)
        # What shows nothing is no other scene.
        if unlike is None or shows_nothing(image):
            return
        self._last[camera].append(unlike)
        means = {name: float(np.mean(last)) for name, last in self._last.items()}
        worst = max(means, key=lambda name: means[name])
        self._score, self._said = means[worst], f'camera {worst}'

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the score; None before the third image of a camera."""
        is_known = any(len(last) == _FRAMES for last in self._last.values())
        return self.score if is_known else None
