"""The shape of a board that is not flat, by two numbers: its bow along rows and along columns.

Paper on card bows by some tenths of a millimetre, most in its middle; mrcal's model of it is the
same. Two tenths over 200 mm are worth 0.3 % of the focal length, ten times what the noise of 20
views leaves open.
"""

import numpy as np
from vla_contract.values import Vector


def bow(points: Vector, extent: Vector | None = None) -> Vector:
    """Return how far points stand out of a board that bows by one unit, shape (..., 2).

    One in the middle, zero at the edge: 1 - u^2 along the rows, 1 - v^2 along the columns.

    Args:
        points: on the board, shape (..., 3) [m].
        extent: lowest and highest point, shape (2, 3) [m]; None for those of the points.
    """
    if extent is None:
        flat = points.reshape(-1, 3)
        extent = np.stack([flat.min(axis=0), flat.max(axis=0)])
    middle, half = extent.mean(axis=0)[:2], np.maximum(np.ptp(extent, axis=0)[:2] / 2.0, 1e-12)
    shape: Vector = 1.0 - ((points[..., :2] - middle) / half) ** 2
    return shape


def bowed(points: Vector, warp: Vector, extent: Vector) -> Vector:
    """Return points of a board, shape (n, 3) [m], with what its bow adds to z.

    Args:
        points: as if the board were flat.
        warp: bow along rows and along columns, shape (2,) [m]; positive away from the eye.
        extent: lowest and highest point of the whole board, shape (2, 3) [m].
    """
    result = points.copy()
    result[:, 2] += bow(points, extent) @ warp
    return result
