"""The exact discrete position, velocity and acceleration bound of one position stream.

Convention: q_k = q_{k-1} + v_k dt and a_k = (v_k - v_{k-1}) / dt. Let D(v) be the distance
covered when v is applied now and then braked at A; `braking_speed` is its exact inverse. With

    hi = min(max(V, v - A dt), v + A dt,  v*(q_max - q))
    lo = max(min(-V, v + A dt), v - A dt, -v*(q - q_min))

the interval [lo, hi] is never empty and position, velocity and acceleration hold for ever, for
any input. Proof: D(v) = v dt + D((v - A dt)^+), hence q_k + D((v_k - A dt)^+) <= q_max and
v*(q_max - q_k) >= v_k - A dt; the other pairs of bounds are immediate, and an interval is
non-empty if every lower bound is below every upper one. V may change at any time.

The square-root rule v = sqrt(2 A d) is not enough: at 10 ms it needs up to twice A.
Plain floats, because seven joints in numpy cost four times as much.
"""

import math
from typing import NamedTuple

from vla_contract.contract import Joint

# Rounding of the closed form, relative to one step at the velocity limit.
_EPSILON = 1e-9


def braking_speed(distance: float, acceleration: float, dt: float) -> float:
    """Return the largest speed from which braking at `acceleration` covers `distance`.

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


class Step(NamedTuple):
    """One limited step: new position and velocity, and which bound was active ('' for none)."""

    position: float
    velocity: float
    bound: str


class JointLimiter:
    """Keeps one joint's commanded positions inside its limits, whatever is asked."""

    def __init__(
        self, joint: Joint, dt: float, velocity_fraction: float, acceleration_fraction: float
    ) -> None:
        """Take the limits from the contract's joint; `dt` is the filter period [s]."""
        self._lower, self._upper = joint.lower, joint.upper
        self._velocity = joint.velocity * velocity_fraction
        self._acceleration = joint.acceleration * acceleration_fraction
        self._dt = dt
        self.position = joint.home
        self.velocity = 0.0

    def reset(self, position: float) -> None:
        """Start at rest at a measured position, moved into the limits if it lies outside."""
        self.position = min(max(position, self._lower), self._upper)
        self.velocity = 0.0

    def step(self, target: float, target_velocity: float, speed_scale: float) -> Step:
        """Track a moving target as fast as the limits allow, without overshooting it.

        Args:
            target: wanted position, finite [rad or m].
            target_velocity: its velocity, finite [rad/s or m/s].
            speed_scale: share of the velocity limit in use, in [0, 1].
        """
        q, v, dt, a = self.position, self.velocity, self._dt, self._acceleration
        goal = min(max(target, self._lower), self._upper)
        pace = min(max(target_velocity, -self._velocity), self._velocity)
        # The goal's own motion of this cycle is followed; only what lies behind is caught up.
        lag = goal - pace * dt - q
        catch_up = min(abs(lag) / dt, braking_speed(abs(lag), a, dt))
        wish = pace + math.copysign(catch_up, lag)
        limit = self._velocity * speed_scale
        high = min(max(limit, v - a * dt), v + a * dt)
        low = max(min(-limit, v + a * dt), v - a * dt)
        to_upper = braking_speed(self._upper - q, a, dt)
        to_lower = -braking_speed(q - self._lower, a, dt)
        chosen = min(max(wish, max(low, to_lower)), min(high, to_upper))
        bound = ''
        if goal != target or (chosen != wish and chosen in (to_lower, to_upper)):
            bound = 'position'
        elif pace != target_velocity or (chosen != wish and abs(chosen) == limit):
            bound = 'velocity'
        elif abs(chosen - wish) > _EPSILON * self._velocity:
            bound = 'acceleration'
        self.position = min(max(q + chosen * dt, self._lower), self._upper)
        self.velocity = chosen
        return Step(self.position, chosen, bound)
