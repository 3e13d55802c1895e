"""A chunk at times between its points: straight lines between them, its ends beyond them."""

import numpy as np
from vla_contract.values import ActionChunk, NS_PER_S, Vector


def sample_chunk(chunk: ActionChunk, now_ns: int) -> tuple[Vector, Vector]:
    """Return position and velocity of a chunk at a time, each of shape (D,).

    Before the first and after the last point the arm stands there.
    """
    points = chunk.positions
    phase = (now_ns - chunk.stamp_ns) / chunk.period_ns
    if phase < 0.0 or phase >= len(points) - 1:
        edge = points[0] if phase < 0.0 else points[-1]
        return edge, np.zeros(points.shape[1])
    k = int(phase)
    step = points[k + 1] - points[k]
    return points[k] + (phase - k) * step, step * (NS_PER_S / chunk.period_ns)


def rest_of(chunk: ActionChunk, from_ns: int) -> Vector:
    """Return what a chunk still does from a time on, in its own period, shape (K, D).

    The rest is empty once the last point is due.
    """
    count = 1 + max(-1, (chunk.end_ns - from_ns) // chunk.period_ns)
    times = (from_ns + k * chunk.period_ns for k in range(count))
    rows = [sample_chunk(chunk, time_ns)[0] for time_ns in times]
    return np.array(rows).reshape(count, chunk.positions.shape[1])
