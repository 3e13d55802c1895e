"""A chunk as a curve in time, with continuous velocity."""

from collections.abc import Sequence

import numpy as np
from vla_contract.values import ActionChunk, NS_PER_S, Vector


class ChunkCurve:
    """Interpolates the points of one chunk.

    Between points k and k+1 runs a cubic Hermite curve with the tangents of Catmull and Rom
    (1974), so that a straight line through the points keeps its speed and a corner costs a
    finite acceleration. Such a curve overshoots at a step; grippers, which step, go on straight
    lines.
    """

    def __init__(self, chunk: ActionChunk, grippers: Sequence[int] = ()) -> None:
        """Compute the tangents of a chunk's points.

        Args:
            chunk: any finite points.
            grippers: columns that go on straight lines.
        """
        self.chunk = chunk
        self._straight = list(grippers)
        points = np.asarray(chunk.positions)
        self._slopes = np.zeros_like(points)
        if len(points) > 2:
            self._slopes[1:-1] = (points[2:] - points[:-2]) / 2
        if len(points) > 1:
            self._slopes[0] = points[1] - points[0]

    def sample(self, now_ns: int) -> tuple[Vector, Vector]:
        """Return target position and velocity at a time, each of shape (D,).

        Before the first point the first point holds, after the last one the last.
        """
        points, period_ns = self.chunk.positions, self.chunk.period_ns
        phase = (now_ns - self.chunk.stamp_ns) / period_ns
        if phase <= 0.0 or phase >= len(points) - 1:
            edge = points[0] if phase <= 0.0 else points[-1]
            return np.array(edge), np.zeros(points.shape[1])
        k = int(phase)
        t = phase - k
        p, q, m, n = points[k], points[k + 1], self._slopes[k], self._slopes[k + 1]
        rise = q - p
        position = p + m * t + (3 * rise - 2 * m - n) * t**2 + (m + n - 2 * rise) * t**3
        slope = m + 2 * (3 * rise - 2 * m - n) * t + 3 * (m + n - 2 * rise) * t**2
        for i in self._straight:
            position[i], slope[i] = p[i] + rise[i] * t, rise[i]
        return position, slope * (NS_PER_S / period_ns)
