"""The speed nearest to the desired one that obeys a hard box and soft rows.

    minimise |v - desired|^2  subject to  low <= v <= high (hard),  G v >= -b (soft)

The box keeps the joints inside their limits for ever and is never empty; the rows keep control
points and links apart from what they must not touch. With hard rows the problem becomes infeasible
where rows disagree, and an arm that cannot be solved stands still for ever; with soft ones the
rows share what the joints cannot give.
"""

import daqp
import numpy as np
from vla_contract.values import Vector

# Weight of a violated row against a changed speed: 1e-6 gives away less than 1e-6 of a row.
_SOFTNESS = 1e-6
_SOFT = 8
# DAQP: 1 optimal, 2 optimal with a softened row.
_SOLVED = (1, 2)


def nearest_speed(
    desired: Vector, low: Vector, high: Vector, rows: Vector, room: Vector
) -> tuple[Vector, bool]:
    """Return the speed and whether the solver found it; otherwise nothing is promised.

    Args:
        desired: wanted speeds, shape (n,) [rad/s or m/s].
        low: hard lower bounds, shape (n,).
        high: hard upper bounds, shape (n,).
        rows: gradients G, shape (m, n).
        room: right-hand sides b, shape (m,).
    """
    n, m = len(desired), len(room)
    upper = np.concatenate([high, np.full(m, 1e30)])
    lower = np.concatenate([low, -room])
    sense = np.zeros(n + m, dtype=np.int32)
    sense[n:] = _SOFT
    rows = np.ascontiguousarray(rows)
    speed, _, flag, _ = daqp.solve(
        np.eye(n), -desired, rows, upper, lower, sense, rho_soft=_SOFTNESS
    )
    if flag not in _SOLVED or not np.isfinite(speed).all():
        return desired, False
    return np.clip(speed, low, high), True


def towards(
    safe: Vector, desired: Vector, low: Vector, high: Vector, rows: Vector, room: Vector
) -> Vector:
    """Go from a safe speed towards the desired one as far as the box and the rows allow.

    The closed form for when no solver answers. It keeps the direction of the path: one factor s
    in [0, 1] for all joints, the smallest ratio of room to change over all limits,
    v = safe + s (desired - safe).

    Args:
        safe: a speed inside the box, such as braking, shape (n,).
        desired: wanted speeds, shape (n,) [rad/s or m/s].
        low: hard lower bounds, shape (n,).
        high: hard upper bounds, shape (n,).
        rows: gradients G, shape (m, n).
        room: right-hand sides b, shape (m,).
    """
    change = desired - safe
    share = 1.0
    gaps = [high - safe, safe - low, room + rows @ safe]
    rates = [change, -change, -(rows @ change)]
    for gap, rate in zip(gaps, rates, strict=True):
        limited = rate > 0.0
        if limited.any():
            share = min(share, float(np.min(np.maximum(gap[limited], 0.0) / rate[limited])))
    return np.clip(safe + share * change, low, high)
