"""Distortion as ROS and OpenCV define it, with its exact derivatives, for many points at once."""

import numpy as np
from vla_contract.values import Vector

# Where equidistant rays are so close to the axis that the limit is exact to 1e-16.
_NEAR_AXIS = 1e-8


def distort(model: str, ideal: Vector, coefficients: Vector) -> tuple[Vector, Vector, Vector]:
    """Return distorted coordinates and their derivatives.

    Args:
        model: a name of `cameras.calibration.COEFFICIENTS`.
        ideal: x/z and y/z, shape (..., 2).
        coefficients: shape (k,), or (..., k) that broadcasts against the points.

    Returns:
        Distorted coordinates, shape (..., 2); derivative by the ideal coordinates, shape
        (..., 2, 2); derivative by the coefficients, shape (..., 2, k).
    """
    if model == 'equidistant':
        return _equidistant(ideal, coefficients)
    return _rational(ideal, coefficients)


def _rational(ideal: Vector, coefficients: Vector) -> tuple[Vector, Vector, Vector]:
    """OpenCV's pinhole family, k1 k2 p1 p2 k3 k4 k5 k6; those not given are zero."""
    count = coefficients.shape[-1]
    missing = np.zeros((*coefficients.shape[:-1], 8 - count))
    full = np.concatenate([coefficients, missing], axis=-1)
    k1, k2, p1, p2, k3, k4, k5, k6 = np.moveaxis(full, -1, 0)
    x, y = ideal[..., 0], ideal[..., 1]
    r2 = x * x + y * y
    powers = np.stack([r2, r2**2, r2**3], axis=-1)
    denominator = 1.0 + r2 * (k4 + r2 * (k5 + r2 * k6))
    radial = (1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))) / denominator
    slope = (
        k1 + r2 * (2.0 * k2 + 3.0 * r2 * k3) - radial * (k4 + r2 * (2.0 * k5 + 3.0 * r2 * k6))
    ) / denominator
    xy2 = 2.0 * x * y
    tangential_1 = np.stack([xy2, r2 + 2.0 * y * y], axis=-1)
    tangential_2 = np.stack([r2 + 2.0 * x * x, xy2], axis=-1)
    distorted = (
        ideal * radial[..., None] + tangential_1 * p1[..., None] + tangential_2 * p2[..., None]
    )
    cross = xy2 * slope + 2.0 * (p1 * x + p2 * y)
    by_ideal = np.stack(
        [
            radial + 2.0 * x * x * slope + 2.0 * p1 * y + 6.0 * p2 * x,
            cross,
            cross,
            radial + 2.0 * y * y * slope + 6.0 * p1 * y + 2.0 * p2 * x,
        ],
        axis=-1,
    ).reshape(*ideal.shape, 2)
    outward = ideal[..., :, None] * (powers / denominator[..., None])[..., None, :]
    inward = -outward * radial[..., None, None]
    by_coefficients = np.concatenate(
        [
            outward[..., :2],
            tangential_1[..., None],
            tangential_2[..., None],
            outward[..., 2:],
            inward,
        ],
        axis=-1,
    )[..., :count]
    return distorted, by_ideal, by_coefficients


def _equidistant(ideal: Vector, coefficients: Vector) -> tuple[Vector, Vector, Vector]:
    """OpenCV's fisheye: theta_d = theta (1 + k1 theta^2 + k2 theta^4 + k3 ... + k4 ...)."""
    k1, k2, k3, k4 = np.moveaxis(coefficients, -1, 0)
    radius = np.maximum(np.hypot(ideal[..., 0], ideal[..., 1]), _NEAR_AXIS)
    theta = np.arctan(radius)
    t2 = theta * theta
    bent = theta * (1.0 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4))))
    bent_slope = 1.0 + t2 * (3.0 * k1 + t2 * (5.0 * k2 + t2 * (7.0 * k3 + t2 * 9.0 * k4)))
    scale = bent / radius
    scale_slope = (bent_slope / (1.0 + radius * radius) - scale) / radius
    direction = ideal / radius[..., None]
    distorted = ideal * scale[..., None]
    by_ideal = (
        scale[..., None, None] * np.eye(2)
        + (ideal * scale_slope[..., None])[..., :, None] * direction[..., None, :]
    )
    powers = np.stack([theta**3, theta**5, theta**7, theta**9], axis=-1)
    by_coefficients = direction[..., :, None] * powers[..., None, :]
    return distorted, by_ideal, by_coefficients
