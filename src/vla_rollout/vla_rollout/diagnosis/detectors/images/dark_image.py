"""No sight: a camera that shows nothing."""

import numpy as np
from vla_contract.values import Image, NS_PER_S
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.taxonomy import DARK_IMAGE
from vla_rollout.episodes.cycle import Cycle

# Of 255. A lens cap, lights that are off, an exposure that is far too short.
_DARK = 25.0
# A picture of one colour, whatever it is: no scene has so little contrast.
_FLAT = 3.0
# Every eighth pixel of every eighth row tells as much.
_STRIDE = 8


class DarkImage(Detector):
    """Seconds in which a camera's images have been nearly black, or of a single colour."""

    cause = DARK_IMAGE
    unit = 's'
    floor = 0.5
    default = 0.5
    is_learned = False

    def __init__(self) -> None:
        """Start with cameras that were not seen yet."""
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._since_ns: dict[str, int] = {}
        self._score: float | None = None
        self._said = ''

    @property
    def evidence(self) -> str:
        """Which camera, and how bright its image is."""
        return self._said

    def see_frame(self, camera: str, stamp_ns: int, image: Image) -> None:
        """Look at an image."""
        brightness, contrast = _measured(image)
        if not _is_nothing(brightness, contrast):
            self._since_ns.pop(camera, None)
        else:
            self._since_ns.setdefault(camera, stamp_ns)
            self._said = f'camera {camera}: brightness {brightness:.0f}, contrast {contrast:.0f}'
            self._said += ' of 255'
        last_ns = self._since_ns.get(camera, stamp_ns)
        self._score = max(self._score or 0.0, (stamp_ns - last_ns) / NS_PER_S)

    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the longest time of any camera [s]; None before the first image."""
        return self._score


def shows_nothing(image: Image) -> bool:
    """Return whether an image, shape (H, W, 3), is nearly black, or of a single colour."""
    return _is_nothing(*_measured(image))


def _is_nothing(brightness: float, contrast: float) -> bool:
    return brightness <= _DARK or contrast <= _FLAT


def _measured(image: Image) -> tuple[float, float]:
    """Return brightness and contrast, of 255."""
    sample = image[::_STRIDE, ::_STRIDE]
    return float(sample.mean()), float(np.std(sample))
