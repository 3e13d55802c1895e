"""The smallest capsule around points."""

import numpy as np
from scipy.optimize import minimize
from scipy.spatial import ConvexHull, QhullError
from vla_contract.deployment.geometry import Capsule
from vla_contract.values import Vector

_THINNEST_M = 0.005
# The search looks at this many points; the capsule that it finds is then made to hold all.
_MOST_POINTS = 150


def fit_capsule(name: str, body: str, points: Vector) -> Capsule:
    """Return a capsule that holds all points, its volume a local minimum.

    The search begins at each principal axis of the points and varies the direction of the axis
    and where it passes; radius and ends follow.

    Args:
        name: of the capsule.
        body: in whose frame the points are.
        points: shape (n, 3) [m], one or more.
    """
    points = _hull(points)
    centre = (points.max(axis=0) + points.min(axis=0)) / 2
    axes = np.linalg.eigh((points - centre).T @ (points - centre))[1].T[::-1]
    every = -(-len(points) // _MOST_POINTS)
    found = []
    for turn in range(3):
        frame = np.roll(axes, turn, axis=0)
        local = (points - centre) @ frame.T
        some = local[::every]
        # A radian of tilt moves an end by half the length; a metre aside is a metre.
        best = minimize(
            lambda v, some=some: _around(some, v)[0],
            np.zeros(4),
            method='Nelder-Mead',
            options={'maxfev': 200, 'initial_simplex': _simplex(float(np.ptp(local)))},
        )
        found.append((_around(local, best.x), frame))
    (_, radius, start, end), frame = min(found, key=lambda entry: entry[0][0])
    ends = [tuple((centre + frame.T @ point).round(4).tolist()) for point in (start, end)]
    # Rounded ends move by less than 0.1 mm.
    return Capsule(name, body, ends[0], ends[1], round(float(radius) + 1e-4, 4))


def _around(points: Vector, values: Vector) -> tuple[float, float, Vector, Vector]:
    """Return volume [m3], radius [m] and ends of the capsule along an axis near x."""
    along = np.array([1.0, values[0], values[1]])
    along /= np.linalg.norm(along)
    foot = np.array([0.0, values[2], values[3]])
    t = (points - foot) @ along
    aside = np.linalg.norm(points - foot - t[:, None] * along, axis=1)
    radius = max(float(aside.max()), _THINNEST_M)
    cap = np.sqrt(np.maximum(radius**2 - aside**2, 0.0))
    low, high = float((t + cap).min()), float((t - cap).max())
    if low > high:
        low = high = (low + high) / 2
    volume = np.pi * radius**2 * (high - low) + 4 / 3 * np.pi * radius**3
    return float(volume), radius, foot + low * along, foot + high * along


def _simplex(size: float) -> Vector:
    steps = np.diag([0.2, 0.2, size / 10, size / 10])
    return np.vstack([np.zeros(4), steps])


def _hull(points: Vector) -> Vector:
    try:
        return points[ConvexHull(points).vertices] if len(points) > 4 else points
    except QhullError:  # flat
        return points
