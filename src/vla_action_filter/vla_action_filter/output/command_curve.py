"""The motion that controllers are told: a curve in absolute time that ends at rest."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import NS_PER_S, to_ns, Vector

# A message needs at most that long to be in force at the controller, on a machine that is not
# overloaded; what changes the curve changes it no earlier.
_DELIVERY_NS = to_ns(0.01)
# A curve begins that long ago, so that the clock of the controller may be that much behind: a
# first point in its future it would join to a state of its own.
_PAST_NS = to_ns(0.05)
# Joints come to rest at whole microseconds: those that do so at one time within rounding share a
# point, since controllers refuse a trajectory whose times do not increase.
_GRAIN_S = 1e-6
# More than any lead holds at any rate of the filter.
_KEPT = 256


class Knot(NamedTuple):
    """A point of the curve: time [ns], position and velocity, each of shape (D,)."""

    time_ns: int
    position: Vector
    velocity: Vector


class CommandCurve:
    """Joins the commands of successive cycles, and adds the way to rest after the newest.

    The commands q_k, due at t_k, are the control points of a uniform quadratic B-spline. Its knots

        t_k - dt/2:  position (q_{k-1} + q_k) / 2,  velocity v_k = (q_k - q_{k-1}) / dt

    are joined by parabolas with the accelerations (v_{k+1} - v_k) / dt, so that at every instant
    the limits of velocity and acceleration hold that hold for the differences of the commands, and
    every position lies between two commands. Cubic Hermite interpolation between the knots, which
    joint_trajectory_controller does (interpolate_between_points), gives these parabolas exactly.

    After the newest knot all joints brake together within their accelerations; the next command
    replaces that tail. So whoever holds the newest curve comes to rest without another word.
    A curve in absolute time is the same whenever it arrives: jitter of cycles and messages changes
    nothing as long as it is below `lead`.
    """

    def __init__(
        self,
        cell: Cell,
        lead_ns: int,
        acceleration_fraction: float = 1.0,
        stepped: Sequence[int] = (),
    ) -> None:
        """Prepare for a robot.

        Args:
            cell: whose joints are commanded.
            lead_ns: how long before it is due a command is given out [ns].
            acceleration_fraction: share of the acceleration limits with which the tail brakes.
            stepped: joints whose commands are taken as they come, without a way between them.
        """
        joints = cell.joints
        self._dt = 1.0 / cell.rates.filter_hz
        self._period_ns, self._lead_ns = to_ns(self._dt), lead_ns
        self._stepped = list(stepped)
        self._half_ns = self._period_ns // 2
        self._lower = np.array([joint.lower for joint in joints])
        self._upper = np.array([joint.upper for joint in joints])
        self._braking = acceleration_fraction * np.array([j.acceleration for j in joints])
        self._knots: deque[Knot] = deque(maxlen=_KEPT)
        self._command: Vector = np.zeros(len(joints))
        self._due_ns = 0

    def begin(self, now_ns: int, command: Vector) -> None:
        """Start anew at rest; the first command is due `lead` from now."""
        self._due_ns = now_ns + self._lead_ns
        self._command = np.array(command)
        self._knots.clear()
        self._add(self._command, np.zeros_like(self._command))

    def restart(self, now_ns: int) -> None:
        """Begin anew at the newest command."""
        self.begin(now_ns, self._command)

    def shift(self, by_ns: int) -> None:
        """Move everything in time, for a clock that was set [ns]."""
        self._due_ns += by_ns
        moved = [knot._replace(time_ns=knot.time_ns + by_ns) for knot in self._knots]
        self._knots.clear()
        self._knots.extend(moved)

    def append(self, command: Vector) -> None:
        """Add the command of the next period, shape (D,)."""
        velocity, position = (command - self._command) / self._dt, (self._command + command) / 2.0
        position[self._stepped], velocity[self._stepped] = command[self._stepped], 0.0
        self._due_ns += self._period_ns
        self._add(position, velocity)
        self._command = np.array(command)

    def due_between(self, after_ns: int, until_ns: int) -> list[tuple[int, Vector]]:
        """Return times [ns] and positions, shape (D,), of commands due in (after, until]."""
        first = (self._due_ns - until_ns + self._period_ns - 1) // self._period_ns
        times: list[int] = []
        time_ns = self._due_ns - first * self._period_ns
        while time_ns > after_ns and len(times) < _KEPT:
            times.append(time_ns)
            time_ns -= self._period_ns
        return [(time_ns, self.sample(time_ns)[0]) for time_ns in reversed(times)]

    def dues(self, now_ns: int) -> list[int]:
        """Return the times of the commands that a cycle at `now_ns` has to add, mostly one [ns].

        None when the cycle comes early, two when the last one was left out.
        """
        count = (now_ns + self._lead_ns + self._half_ns - self._due_ns) // self._period_ns
        return [self._due_ns + (k + 1) * self._period_ns for k in range(max(0, count))]

    def is_overtaken(self, now_ns: int) -> bool:
        """Return whether the controllers brake on the tail already: this cycle is that late."""
        return now_ns + _DELIVERY_NS > self._knots[-1].time_ns

    def rejoin(self, now_ns: int) -> tuple[Vector, Vector]:
        """Forget what comes after now; return command and velocity there, shape (D,) each.

        Where a cycle came too late this is where the tail has come to; where the arm has to stop
        at once it is on the curve that was given out and is not needed any more.
        """
        # On the grid of the knots, so that commands stay a whole number of periods apart.
        last_ns, earliest_ns = self._knots[-1].time_ns, now_ns + _DELIVERY_NS
        time_ns = last_ns - (last_ns - earliest_ns) // self._period_ns * self._period_ns
        position, velocity = self.sample(time_ns)
        kept = [*self._knots, *self._tail(self._knots[-1])]
        self._knots.clear()
        self._knots.extend(knot for knot in kept if knot.time_ns < time_ns)
        self._due_ns = time_ns + self._half_ns
        self._add(position, velocity)
        self._command = position + velocity * self._dt / 2.0
        return self._command.copy(), velocity

    def ahead(self, now_ns: int) -> list[Knot]:
        """Return the curve from a little before `now_ns` to rest, at least one point.

        The first point lies in the past where there is one, so that a controller never has to
        join the curve to a state of its own.
        """
        knots, past_ns = list(self._knots), now_ns - _PAST_NS
        # From the newest down: few of the knots are of the future, and this is asked every cycle.
        downwards = range(len(knots) - 1, -1, -1)
        first = next((k for k in downwards if knots[k].time_ns <= past_ns), 0)
        return [*knots[first:], *self._tail(knots[-1])]

    def rest_at(self, time_ns: int) -> Knot:
        """Return the newest command as a point at rest at a time [ns]."""
        return Knot(time_ns, self._command, np.zeros_like(self._command))

    def sample(self, time_ns: int) -> tuple[Vector, Vector]:
        """Return position and velocity at a time, each of shape (D,); at rest after the tail."""
        return motion_at(self.ahead(time_ns), time_ns)

    def _add(self, position: Vector, velocity: Vector) -> None:
        self._knots.append(Knot(self._due_ns - self._half_ns, position, velocity))

    def _tail(self, knot: Knot) -> list[Knot]:
        """Return the points of braking from a knot: one, or one per joint near a limit."""
        velocity = knot.velocity
        exact = np.abs(velocity) / self._braking
        alone = np.ceil(exact / _GRAIN_S) * _GRAIN_S
        longest = float(alone.max())
        if longest <= 0.0:
            return []
        durations = np.full_like(alone, longest)
        rest = knot.position + velocity * longest / 2.0
        if ((rest < self._lower) | (rest > self._upper)).any():
            # Together would lead a joint past its end stop; alone each stops before it. Rounded up
            # that would be past it by up to a microradian; ending there nevertheless is a kick.
            durations = np.maximum(np.floor(exact / _GRAIN_S), 1.0) * _GRAIN_S
        points = []
        for duration in np.unique(durations[exact > 0.0]):
            t = np.minimum(duration, durations)
            left = 1.0 - t / durations
            position = knot.position + velocity * t * (1.0 + left) / 2.0
            # Where a joint stands outside its limits it is not thrown back inside.
            lower = np.minimum(self._lower, knot.position)
            position = np.clip(position, lower, np.maximum(self._upper, knot.position))
            time_ns = knot.time_ns + to_ns(float(duration))
            points.append(Knot(time_ns, position, np.where(left > 0.0, velocity * left, 0.0)))
        return points


def approach(now_ns: int, start: Vector, goal: Knot) -> tuple[Knot, ...]:
    """Return a way from rest at a position, shape (D,), to a point at rest: two parabolas."""
    half_s = (goal.time_ns - now_ns) / 2.0 / NS_PER_S
    still, change = np.zeros_like(start), goal.position - start
    middle = Knot((now_ns + goal.time_ns) // 2, start + change / 2.0, change / half_s)
    return Knot(now_ns, start, still), middle, goal


def motion_at(points: Sequence[Knot], time_ns: int) -> tuple[Vector, Vector]:
    """Return position and velocity of a curve at a time, each of shape (D,).

    Args:
        points: knots of increasing times, joined by parabolas; before and after them it stands.
        time_ns: when [ns].
    """
    later = next((k for k, point in enumerate(points) if point.time_ns > time_ns), None)
    if later is None or later == 0:
        edge = points[-1 if later is None else 0]
        return edge.position.copy(), edge.velocity.copy()
    before, after = points[later - 1], points[later]
    span = (after.time_ns - before.time_ns) / NS_PER_S
    t = (time_ns - before.time_ns) / NS_PER_S
    velocity = before.velocity + (after.velocity - before.velocity) * (t / span)
    return before.position + (before.velocity + velocity) * (t / 2.0), velocity
