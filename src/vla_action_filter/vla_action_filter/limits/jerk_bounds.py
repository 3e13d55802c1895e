"""Joint bounds with a jerk limit, by klimits.

klimits (Kiemel and Kroeger, ICRA 2021) answers with the range of the next acceleration from which
position, velocity, acceleration and jerk all hold for ever. Ruckig answers with one trajectory:
it knows no position limits, so each step would need a verified stop behind it, and the workspace
could only veto its answer, not trade inside it. An interval is what the rest of the filter needs.

Between cycles the acceleration is linear, so with a now and a' at the end of the cycle

    v' = v + (a + a') dt / 2,    q' = q + v dt + (a / 3 + a' / 6) dt^2.

The differences of the sampled positions are averages of v, a and the jerk, so they obey the same
limits.
"""

from collections.abc import Sequence
import math
from typing import Any

import numpy as np
from vla_action_filter.limits.braking import braking_speed
from vla_action_filter.limits.joint_bounds import Floats
from vla_contract.deployment.robot import Joint
from vla_contract.errors import VlaError

# klimits keeps a speed limit to about 1e-6; what it is told is lower by more. And it fails
# where one cycle crosses the whole range of positions or speeds (found by tests/fuzz/filter.py
# at V dt > width and A dt > V): there it is told that a cycle may cross half of it.
_SHY = 1.0 - 1e-5
# An acceleration that small, as a share of what one cycle of jerk makes, is rounding.
_NOTHING = 1e-9


def needs_jerk_bounds(
    joints: Sequence[Joint], dt: float, acceleration_fraction: float, jerk_fraction: float
) -> bool:
    """Return whether the jerk limit says more than the acceleration limit does.

    From one cycle to the next the acceleration changes by at most 2 A, so a jerk limit with
    J dt >= 2 A holds by itself: for a Panda at 100 Hz all of them do.
    """
    return any(
        joint.jerk * jerk_fraction * dt < 2.0 * joint.acceleration * acceleration_fraction
        for joint in joints
    )


def _limitation() -> type[Any]:
    """Return the class of klimits.

    Raises:
        VlaError: it is not installed.
    """
    try:
        from klimits import PosVelJerkLimitation
    except ImportError as error:
        raise VlaError(
            'limits of jerk need klimits, which has wheels for x86-64 only: found none '
            f'({error}); allowed: klimits built from its source '
            '(https://github.com/translearn/limits), or a robot whose jerk limits hold by '
            'themselves: jerk >= 2 x acceleration x rate'
        ) from None
    limitation: type[Any] = PosVelJerkLimitation
    return limitation


class JerkBounds:
    """Position, velocity, acceleration and jerk of all arm joints; see `JointBounds`."""

    def __init__(
        self,
        joints: Sequence[Joint],
        dt: float,
        velocity_fraction: float = 1.0,
        acceleration_fraction: float = 1.0,
        jerk_fraction: float = 1.0,
    ) -> None:
        """Take the limits from joints; `dt` is the filter period [s]."""
        self._dt = dt
        self._range = [(joint.lower, joint.upper) for joint in joints]
        self._velocity = [
            min(joint.velocity * velocity_fraction * _SHY, 0.5 * (joint.upper - joint.lower) / dt)
            for joint in joints
        ]
        self._acceleration = [
            min(joint.acceleration * acceleration_fraction, 0.5 * v / dt)
            for joint, v in zip(joints, self._velocity, strict=True)
        ]
        self._fastest = np.array(self._velocity)
        self._slowest = -self._fastest
        self._jerk = [joint.jerk * jerk_fraction for joint in joints]
        self._limiter = _limitation()(
            time_step=dt,
            pos_limits=[list(pair) for pair in self._range],
            vel_limits=[[-v, v] for v in self._velocity],
            acc_limits=[[-a, a] for a in self._acceleration],
            jerk_limits=[[-j, j] for j in self._jerk],
            # Its OpenMP threads cost milliseconds of waiting for 25 us of work.
            num_threads=1,
            acceleration_after_max_vel_limit_factor=0.0001,
            normalize_acc_range=False,
        )
        # Position follows speed follows acceleration: a cascade is critically damped when its
        # inner gain is four times the outer one. The outer one needs a jerk of A k / 2 where it
        # takes over from the braking curve, so k < 2 J / A; the inner one must not react faster
        # than a cycle. Half of what both allow.
        ratio = min(j / a for j, a in zip(self._jerk, self._acceleration, strict=True))
        self.catch_up_gain = min(0.125 / dt, 0.5 * ratio)
        self.position = [joint.home for joint in joints]
        self.velocity = [0.0] * len(joints)
        self._a = [0.0] * len(joints)

    def reset(self, position: Sequence[float]) -> None:
        """See `JointBounds`."""
        self.position = [
            min(max(float(q), lower), upper)
            for q, (lower, upper) in zip(position, self._range, strict=True)
        ]
        self.velocity = [0.0] * len(self._range)
        self._a = [0.0] * len(self._range)

    def rejoin(self, position: Sequence[float], velocity: Sequence[float]) -> None:
        """See `JointBounds`; whatever acceleration there was counts as none."""
        self.reset(position)
        self.velocity = [float(v) for v in velocity]

    def interval(self, speed_scale: float) -> tuple[Floats, Floats]:
        """See `JointBounds`."""
        # A speed that rounding puts above the limit would be answered with full braking at once,
        # whatever the jerk.
        velocity = np.clip(self.velocity, self._slowest, self._fastest)
        ranges, _ = self._limiter.calculate_valid_acceleration_range(
            np.array(self.position), velocity, np.array(self._a)
        )
        low, high = [], []
        for i, (least, most) in enumerate(ranges.tolist()):
            least, most = min(least, most), max(least, most)
            # Where rounding makes klimits take its state for lost, it answers with full braking
            # and no thought of jerk. What it fears is 1e-8 of a limit; position is exact below.
            change = self._jerk[i] * self._dt
            least = min(max(least, self._a[i] - change), self._a[i] + change)
            most = min(max(most, self._a[i] - change), self._a[i] + change)
            if speed_scale < 1.0:
                least, most = self._scaled(i, least, most, speed_scale)
            # At rest exactly on a limit klimits may still allow a step outwards; without jerk the
            # answer is exact, and never narrower than a right one.
            lower, upper = self._range[i]
            q, a, dt = self.position[i], self._acceleration[i], self._dt
            slow, fast = self._speed(i, least), self._speed(i, most)
            low.append(min(max(slow, -braking_speed(q - lower, a, dt)), fast))
            high.append(max(min(fast, braking_speed(upper - q, a, dt)), low[-1]))
        return low, high

    def approach(self, desired: Floats) -> Floats:
        """See `JointBounds`: the acceleration runs out at half the limit of the jerk."""
        speeds = []
        for i, target in enumerate(desired):
            change = target - self.velocity[i]
            most = braking_speed(abs(change), 0.5 * self._jerk[i], self._dt)
            a = min(4.0 * self.catch_up_gain * abs(change), most)
            speeds.append(self._speed(i, math.copysign(a, change)))
        return speeds

    def apply(self, speed: Floats) -> None:
        """See `JointBounds`."""
        dt = self._dt
        for i, u in enumerate(speed):
            lower, upper = self._range[i]
            a = 6.0 * ((u - self.velocity[i]) / dt - self._a[i] / 3.0)
            if abs(a) < _NOTHING * self._jerk[i] * dt:
                a = 0.0
            self.position[i] = min(max(self.position[i] + u * dt, lower), upper)
            self.velocity[i] += (self._a[i] + a) * dt / 2.0
            self._a[i] = a

    def _speed(self, i: int, a: float) -> float:
        """Return the displacement per second of a cycle that ends with acceleration `a`."""
        return self.velocity[i] + (self._a[i] / 3.0 + a / 6.0) * self._dt

    def _scaled(
        self, i: int, least: float, most: float, speed_scale: float
    ) -> tuple[float, float]:
        """Narrow a range so that the speed runs to the scaled limit, without leaving the range."""
        limit, jerk, dt = self._velocity[i] * speed_scale, self._jerk[i], self._dt
        half = self.velocity[i] + self._a[i] * dt / 2.0
        up = limit - half
        down = limit + half
        highest = math.copysign(_run_out(abs(up), jerk, dt), up)
        lowest = -math.copysign(_run_out(abs(down), jerk, dt), down)
        return min(max(least, lowest), most), max(min(most, highest), least)


def _run_out(change: float, jerk: float, dt: float) -> float:
    """Return the acceleration a > 0 whose end, at the jerk limit, changes the speed by `change`.

    1.5 a dt + a^2 / (2 J) = change: half a cycle with a, and whole cycles with what remains.
    """
    b = 1.5 * jerk * dt
    return math.sqrt(b * b + 2.0 * jerk * change) - b
