"""Brings a leader with motors to the pose of the arm, slowly; limp on any doubt."""

from dataclasses import dataclass

import numpy as np
from vla_contract.values import to_ns, Vector


@dataclass(frozen=True)
class HandOverLimits:
    """What bounds the motion of a leader by its own motors.

    Attributes:
        speed: of its joints [rad/s].
        lag: how far it may be behind its goal before a hand or an obstacle holds it [rad].
        near: how near to the arm is there [rad].
        timeout_s: how long it may take [s].
    """

    speed: float
    lag: float
    near: float
    timeout_s: float


class HandOver:
    """Leads a leader to a pose.

    The goal begins where the leader stands, and goes towards the arm by no more than the speed
    allows. What ends it in doubt: a leader that does not follow its goal, a distance that grows
    instead of shrinking, too much time; whoever calls takes the torque then.

    Attributes:
        is_over: nothing is led any more.
        doubt: why it was given up, '' while it was not.
    """

    def __init__(self, leader: Vector, limits: HandOverLimits, now_ns: int) -> None:
        """Begin where the leader stands, shape (n,) [rad or m], at a time [ns]."""
        self.is_over, self.doubt = False, ''
        self._limits = limits
        self._goal = np.array(leader)
        self._last_ns, self._end_ns = now_ns, now_ns + to_ns(limits.timeout_s)
        self._nearest = np.inf

    def step(self, leader: Vector, arm: Vector, now_ns: int) -> Vector | None:
        """Return the next goal of the leader, shape (n,); None when it is over.

        Args:
            leader: where it is, shape (n,) [rad or m].
            arm: where it is to be, likewise.
            now_ns: time [ns].
        """
        distance = float(np.abs(leader - arm).max())
        self.doubt = self._doubt(leader, distance, now_ns)
        self.is_over = bool(self.doubt) or distance <= self._limits.near
        if self.is_over:
            return None
        self._nearest = min(self._nearest, distance)
        step = self._limits.speed * (now_ns - self._last_ns) * 1e-9
        self._last_ns = now_ns
        self._goal = self._goal + np.clip(arm - self._goal, -step, step)
        return np.array(self._goal)

    def _doubt(self, leader: Vector, distance: float, now_ns: int) -> str:
        lag, limits = float(np.abs(leader - self._goal).max()), self._limits
        if not np.isfinite([distance, lag]).all():
            return 'found a position that is not finite; allowed: finite ones'
        if lag > limits.lag:
            return f'found it {lag:.3f} rad behind its goal; allowed: {limits.lag:g}: is it held?'
        if distance > self._nearest + limits.lag:
            more = distance - self._nearest
            return f'found it {more:.3f} rad farther from the arm; allowed: nearer by every step'
        if now_ns > self._end_ns:
            return f'found it {distance:.3f} rad from the arm after {limits.timeout_s:g} s'
        if now_ns - self._last_ns > to_ns(0.5):
            return 'found no reading of it for 0.5 s'
        return ''
