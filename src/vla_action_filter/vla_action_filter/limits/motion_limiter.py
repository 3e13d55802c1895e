"""Moves the commanded arm towards a moving target inside every limit of joints and workspace."""

from collections.abc import Sequence

import numpy as np
from vla_action_filter.config import FilterConfig
from vla_action_filter.limits.braking import braking_speed
from vla_action_filter.limits.cartesian_limiter import CartesianLimiter
from vla_action_filter.limits.jerk_bounds import JerkBounds, needs_jerk_bounds
from vla_action_filter.limits.joint_bounds import ExactBounds, Floats, JointBounds
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import Reason, ReasonCode
from vla_contract.values import Vector

# Rounding of the closed forms, relative to the velocity limit.
_EPSILON = 1e-9
# Below this share of its limit a joint counts as standing.
_STANDING = 1e-6


class MotionLimiter:
    """Chooses one speed per joint and cycle, inside bounds that hold for ever.

    The state is the commanded one, never the measured one: limits from measurements turn
    tracking lag into lost speed and sensor noise into jitter.
    """

    def __init__(self, cell: Cell, config: FilterConfig) -> None:
        """Build bounds and, if the config asks for them, Cartesian limits.

        Raises:
            ContractError: the model for the Cartesian limits cannot be used.
        """
        joints = [cell.joints[i] for i in cell.arm]
        self._dt = 1.0 / cell.rates.filter_hz
        fractions = (config.velocity_fraction, config.acceleration_fraction)
        jerk = (config.acceleration_fraction, config.jerk_fraction)
        self._has_jerk_limit = needs_jerk_bounds(joints, self._dt, *jerk)
        self.bounds: JointBounds = (
            JerkBounds(joints, self._dt, *fractions, config.jerk_fraction)
            if self._has_jerk_limit
            else ExactBounds(joints, self._dt, *fractions)
        )
        # Without a model there is nothing but joints to limit.
        has_limits = config.cartesian and cell.robot.model.is_given
        self.cartesian = CartesianLimiter(cell, self._dt) if has_limits else None
        self._names = [joint.name for joint in joints]
        self._range = [(joint.lower, joint.upper) for joint in joints]
        self._velocity = [joint.velocity * config.velocity_fraction for joint in joints]
        # With a jerk limit half of the deceleration is left for the time it takes to build up.
        share = 0.5 if self._has_jerk_limit else 1.0
        share *= config.acceleration_fraction
        self._braking = [joint.acceleration * share for joint in joints]

    @property
    def position(self) -> Floats:
        """Commanded joints [rad or m]."""
        return self.bounds.position

    @property
    def velocity(self) -> Floats:
        """Commanded speeds [rad/s or m/s]."""
        return self.bounds.velocity

    @property
    def is_moving(self) -> bool:
        """Whether a commanded joint has not come to rest."""
        return any(
            abs(v) > _STANDING * limit
            for v, limit in zip(self.bounds.velocity, self._velocity, strict=True)
        )

    @property
    def solver_failures(self) -> int:
        """Cycles in which the closed form had to take over from the solver."""
        return self.cartesian.solver_failures if self.cartesian is not None else 0

    def reset(self, position: Sequence[float]) -> None:
        """Start at rest at measured joints, moved into the limits if they lie outside."""
        self.bounds.reset(position)

    def rejoin(self, position: Sequence[float], velocity: Sequence[float]) -> None:
        """Go on from where the controllers have braked to: joints and speeds, shape (n,) each."""
        self.bounds.rejoin(position, velocity)

    def step(self, target: Vector, desired_velocity: Vector, speed_scale: float) -> list[Reason]:
        """Track a moving target as fast as the limits allow; return the limits that were active.

        Args:
            target: wanted joints, finite, shape (n,) [rad or m].
            desired_velocity: their velocity, finite, shape (n,) [rad/s or m/s].
            speed_scale: share of the velocity limits in use, in [0, 1].
        """
        desired = self._desired_speeds(target.tolist(), desired_velocity.tolist())
        reasons: list[Reason] = []
        slowest = 1.0
        for i, v in enumerate(desired):
            limit = self._velocity[i] * speed_scale
            if abs(v) * slowest > limit:
                slowest = limit / abs(v)
                reasons = [Reason(f'velocity {self._names[i]}', ReasonCode.VELOCITY)]
        if slowest < 1.0:
            # All joints alike: clipping one alone would bend the path of the tool.
            desired = [v * slowest for v in desired]
        low, high = self.bounds.interval(speed_scale)
        reasons += self._choose(desired, low, high, speed_scale)
        return reasons + self._outside(target)

    def brake(self) -> None:
        """Decelerate until the arm stands, then hold.

        All joints together, so that the arm stops on its path; under a jerk limit each as fast
        as it can.
        """
        low, high = self.bounds.interval(1.0)
        desired = [0.0] * len(low)
        if not self._has_jerk_limit:
            share = _slowest_share(self.bounds.velocity, low, high)
            desired = [v * share for v in self.bounds.velocity]
        self._choose(desired, low, high, 1.0)

    def _desired_speeds(self, target: Floats, desired_velocity: Floats) -> Floats:
        """Return the speeds that follow the target's motion and catch up what lies behind.

        All joints catch up in the same time, so that the arm comes back on a straight line.
        """
        share = self.bounds.catch_up_gain
        paces, lags = [], []
        for i, (goal, speed) in enumerate(zip(target, desired_velocity, strict=True)):
            lower, upper = self._range[i]
            limit = self._velocity[i]
            goal = min(max(goal, lower), upper)
            speed = min(max(speed, -limit), limit)
            lag = goal - speed * self._dt - self.bounds.position[i]
            paces.append(speed)
            lags.append(lag)
            if abs(lag) * share > self._braking[i] * self._dt:
                reach = braking_speed(abs(lag), self._braking[i], self._dt)
                share = min(share, reach / abs(lag))
        return [speed + lag * share for speed, lag in zip(paces, lags, strict=True)]

    def _choose(
        self, desired: Floats, low: Floats, high: Floats, speed_scale: float
    ) -> list[Reason]:
        """Apply the speed nearest to the desired one; return which limits made it differ."""
        wanted = self.bounds.approach(desired)
        if self.cartesian is not None:
            chosen = self.cartesian.limit(self.bounds.position, wanted, low, high, speed_scale)
            reasons = [Reason(name, ReasonCode.WORKSPACE) for name in self.cartesian.limited]
        else:
            chosen, reasons = wanted, []
        chosen = [
            min(max(v, least), most) for v, least, most in zip(chosen, low, high, strict=True)
        ]
        if not reasons:
            reasons = [
                Reason(f'acceleration {self._names[i]}', ReasonCode.ACCELERATION)
                for i, (v, w) in enumerate(zip(chosen, wanted, strict=True))
                if abs(v - w) > _EPSILON * self._velocity[i]
            ]
        self.bounds.apply(chosen)
        return reasons

    def _outside(self, target: Vector) -> list[Reason]:
        """Name the joints whose target lies outside the limits."""
        return [
            Reason(f'position {name}', ReasonCode.POSITION)
            for name, goal, (lower, upper) in zip(
                self._names, np.asarray(target).tolist(), self._range, strict=True
            )
            if not lower <= goal <= upper
        ]


def _slowest_share(velocity: Floats, low: Floats, high: Floats) -> float:
    """Return the smallest share of all speeds that lies in every joint's interval, at most 1."""
    share = 0.0
    for v, slow, fast in zip(velocity, low, high, strict=True):
        if v > 0.0:
            share = max(share, slow / v)
        elif v < 0.0:
            share = max(share, fast / v)
    return min(share, 1.0)
