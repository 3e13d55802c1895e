"""Plays an action chunk by time: what inference made stale is skipped, latency never drifts."""

import numpy as np
from vla_contract.values import ActionChunk, NS_PER_S, Vector


class ChunkPlayer:
    """Holds the newest chunk and interpolates it with continuous velocity.

    Between points k and k+1 runs a cubic Hermite curve with the tangents of Catmull and Rom
    (1974), so that a straight line through the points keeps its speed and a corner costs a
    finite acceleration. A newer observation replaces an older one; an older one is refused.
    """

    def __init__(self) -> None:
        """Start without a chunk."""
        self._chunk: ActionChunk | None = None
        self._slopes: Vector = np.empty((0, 0))

    @property
    def chunk(self) -> ActionChunk | None:
        """The chunk in use, None without one."""
        return self._chunk

    def clear(self) -> None:
        """Forget the chunk."""
        self._chunk = None

    def offer(self, chunk: ActionChunk) -> bool:
        """Take a chunk unless its observation is older than the one in use."""
        if self._chunk is not None and chunk.stamp_ns < self._chunk.stamp_ns:
            return False
        self._chunk = chunk
        points = np.asarray(chunk.positions)
        self._slopes = np.zeros_like(points)
        if len(points) > 2:
            self._slopes[1:-1] = (points[2:] - points[:-2]) / 2
        if len(points) > 1:
            self._slopes[0] = points[1] - points[0]
        return True

    def sample(self, now_ns: int) -> tuple[Vector, Vector] | None:
        """Return target position and velocity at a time, each of shape (D,), or None.

        Before the first point the first point holds, after the last one the last.
        """
        if self._chunk is None:
            return None
        points, period_ns = self._chunk.positions, self._chunk.period_ns
        phase = (now_ns - self._chunk.stamp_ns) / period_ns
        if phase <= 0.0 or phase >= len(points) - 1:
            edge = points[0] if phase <= 0.0 else points[-1]
            return np.array(edge), np.zeros(points.shape[1])
        k = int(phase)
        t = phase - k
        p, q, m, n = points[k], points[k + 1], self._slopes[k], self._slopes[k + 1]
        rise = q - p
        position = p + m * t + (3 * rise - 2 * m - n) * t**2 + (m + n - 2 * rise) * t**3
        slope = m + 2 * (3 * rise - 2 * m - n) * t + 3 * (m + n - 2 * rise) * t**2
        return position, slope * (NS_PER_S / period_ns)
