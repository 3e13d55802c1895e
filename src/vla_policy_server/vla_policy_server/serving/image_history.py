"""The images of one camera: the newest, and those before it that a policy looks back at."""

from collections import deque
import math

from vla_contract.deployment.cell import Camera
from vla_contract.values import Image, NS_PER_S, to_ns

Stamped = tuple[int, Image]
"""An image with its time of capture [ns]."""


class ImageHistory:
    """Keeps as many images as a policy needs, and one where it needs no earlier ones.

    Attributes:
        newest: the last one that came, None before the first.
    """

    def __init__(self, camera: Camera, period_ns: int, steps: int) -> None:
        """Start empty.

        Args:
            camera: of the cell; tells how often images come.
            period_ns: time between the observations of the policy [ns].
            steps: how many of them it looks back.
        """
        self._period_ns = period_ns
        self._steps = steps
        # An image may be missing, or come less often than the policy looks.
        self._slack_ns = max(period_ns, to_ns(1.0 / camera.rate_hz))
        self.newest: Stamped | None = None
        self._first_ns = 0
        # Twice as many as the camera should give, so that memory stays bounded if it gives more.
        expected = self.span_ns * camera.rate_hz / NS_PER_S
        self._images: deque[Stamped] = deque(maxlen=2 * math.ceil(expected) + 2 if steps else 0)

    @property
    def span_ns(self) -> int:
        """Age against the newest at which an image may still be looked at [ns]; 0 for none."""
        return self._steps * self._period_ns + self._slack_ns if self._steps else 0

    def clear(self) -> None:
        """Forget the episode."""
        self.newest = None
        self._images.clear()

    def add(self, stamp_ns: int, image: Image) -> None:
        """Add what the camera has captured at a time [ns]."""
        if self.newest is None:
            self._first_ns = stamp_ns
        self.newest = (stamp_ns, image)
        self._images.append(self.newest)
        while self._images and self._images[0][0] < stamp_ns - self.span_ns:
            self._images.popleft()

    def before(self, steps: int) -> Stamped | None:
        """Return the image that was the newest some periods of the policy before.

        Before the first image of an episode, that one counts.

        Args:
            steps: how many periods.

        Returns:
            The one captured closest to then, None where a gap is: none was for a period.
        """
        if self.newest is None:
            return None
        wanted_ns = max(self.newest[0] - steps * self._period_ns, self._first_ns)
        until_ns = wanted_ns + self._period_ns // 2
        seen = [image for image in self._images if image[0] <= until_ns]
        nearest = min(seen, key=lambda image: abs(image[0] - wanted_ns), default=None)
        if nearest is None or wanted_ns - nearest[0] > self._slack_ns:
            return None
        return nearest
