"""The speed from which one can still stop: the exact inverse of the discrete braking distance."""

import math


def braking_speed(distance: float, acceleration: float, dt: float) -> float:
    """Return the largest speed from which braking at `acceleration` covers `distance`.

    A position that moves by v dt per cycle and brakes by A dt per cycle covers

        D(v) = dt sum_i max(0, v - i A dt) = dt ((m + 1) v - A dt m (m + 1) / 2)

    with m = floor(v / (A dt)), and the inverse is v*(d) = d / ((m + 1) dt) + m A dt / 2 with
    m = floor((sqrt(1 + 8 d / (A dt^2)) - 1) / 2). It tends to sqrt(2 A d) for dt -> 0.

    Args:
        distance: what is left to the limit [rad or m]; negative counts as zero.
        acceleration: braking acceleration A > 0 [rad/s2 or m/s2].
        dt: time step [s].
    """
    if distance <= 0.0:
        return 0.0
    quantum = acceleration * dt * dt
    steps = math.floor((math.sqrt(1.0 + 8.0 * distance / quantum) - 1.0) / 2.0)
    return distance / ((steps + 1) * dt) + steps * acceleration * dt / 2.0
