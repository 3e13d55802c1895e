"""What every source of joint bounds must offer, and the exact one without jerk.

A bound states, for the next cycle, the interval of speeds that keeps every limit for ever; whoever
chooses a speed inside it is safe. A new kind of limit is one more class with these members.
"""

from collections.abc import Sequence
from typing import Protocol

from vla_action_filter.limits.braking import braking_speed
from vla_contract.deployment.robot import Joint

Floats = list[float]


class JointBounds(Protocol):
    """Bounds of all arm joints; the state they integrate is the commanded one.

    A speed u is the displacement of the next cycle divided by dt, q_{k+1} = q_k + u dt.
    """

    position: Floats
    velocity: Floats
    catch_up_gain: float
    """Largest share of a lag that may be taken away per second without overshoot [1/s]."""

    def reset(self, position: Sequence[float]) -> None:
        """Start at rest at a measured position, moved into the limits if it lies outside."""

    def rejoin(self, position: Sequence[float], velocity: Sequence[float]) -> None:
        """Go on from a state inside the limits that somebody else has brought the joints to."""

    def interval(self, speed_scale: float) -> tuple[Floats, Floats]:
        """Return the lowest and highest speed of each joint; never an empty interval."""

    def approach(self, desired: Floats) -> Floats:
        """Return the speeds to choose now so that `desired` is reached without overshoot."""

    def apply(self, speed: Floats) -> None:
        """Move by a speed inside the interval."""


class ExactBounds:
    """Position, velocity and acceleration, exact in discrete time.

    Convention: q_k = q_{k-1} + v_k dt and a_k = (v_k - v_{k-1}) / dt. Let D(v) be the distance
    covered when v is applied now and then braked at A, and v* its inverse, `braking_speed`. With

        hi = min(max(V, v - A dt), v + A dt,  v*(q_max - q))
        lo = max(min(-V, v + A dt), v - A dt, -v*(q - q_min))

    the interval [lo, hi] is never empty and position, velocity and acceleration hold for ever, for
    any input. Proof: D(v) = v dt + D((v - A dt)^+), hence q_k + D((v_k - A dt)^+) <= q_max and
    v*(q_max - q_k) >= v_k - A dt; the other pairs of bounds are immediate, and an interval is
    non-empty if every lower bound is below every upper one. V may change at any time.

    The square-root rule v = sqrt(2 A d) is not enough: at 10 ms it needs up to twice A.
    Plain floats, because seven joints in numpy cost four times as much.
    """

    def __init__(
        self,
        joints: Sequence[Joint],
        dt: float,
        velocity_fraction: float = 1.0,
        acceleration_fraction: float = 1.0,
    ) -> None:
        """Take the limits from joints; `dt` is the filter period [s]."""
        self._dt = dt
        self.catch_up_gain = 1.0 / dt
        self._limits = [
            (
                j.lower,
                j.upper,
                j.velocity * velocity_fraction,
                j.acceleration * acceleration_fraction,
            )
            for j in joints
        ]
        self.position = [joint.home for joint in joints]
        self.velocity = [0.0] * len(joints)

    def reset(self, position: Sequence[float]) -> None:
        """See `JointBounds`."""
        self.position = [
            min(max(float(q), lower), upper)
            for q, (lower, upper, _, _) in zip(position, self._limits, strict=True)
        ]
        self.velocity = [0.0] * len(self._limits)

    def rejoin(self, position: Sequence[float], velocity: Sequence[float]) -> None:
        """See `JointBounds`."""
        self.reset(position)
        self.velocity = [float(v) for v in velocity]

    def interval(self, speed_scale: float) -> tuple[Floats, Floats]:
        """See `JointBounds`."""
        low, high = [], []
        dt = self._dt
        for q, v, (lower, upper, v_max, a) in zip(
            self.position, self.velocity, self._limits, strict=True
        ):
            limit, change = v_max * speed_scale, a * dt
            slower, faster = v - change, v + change
            high.append(min(max(limit, slower), faster, braking_speed(upper - q, a, dt)))
            low.append(max(min(-limit, faster), slower, -braking_speed(q - lower, a, dt)))
        return low, high

    def approach(self, desired: Floats) -> Floats:
        """See `JointBounds`: without a jerk limit every speed can be taken at once."""
        return desired

    def apply(self, speed: Floats) -> None:
        """See `JointBounds`."""
        # The clamp takes off what rounding adds, less than 1e-15.
        self.position = [
            min(max(q + v * self._dt, lower), upper)
            for q, v, (lower, upper, _, _) in zip(self.position, speed, self._limits, strict=True)
        ]
        self.velocity = list(speed)
