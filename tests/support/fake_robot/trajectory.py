"""A trajectory as joint_trajectory_controller samples it: trajectory.cpp of ros2_controllers 4.42.

Times are nanoseconds, as rclcpp::Time holds them; durations become seconds where the source does
so. Positions are always there: allow_integration_in_goal_trajectories is not modelled.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

S = 1e-9  # one nanosecond in seconds
Values = tuple[float, ...]


@dataclass(frozen=True)
class Point:
    """One point; velocities and accelerations may be empty, effort is not modelled."""

    time_ns: int
    positions: Values
    velocities: Values = ()
    accelerations: Values = ()


@dataclass(frozen=True)
class Sample:
    """What sample() answers: the state, and where in the trajectory it lies.

    Args:
        source: computes the state; most cycles need its positions only.
        time_ns: the sample's.
        segment_ns: time of the point that start_segment_itr stands on.
        is_before_last: false once the last point has been reached (end_segment_itr == end()).
    """

    source: 'Segment | Point'
    time_ns: int
    segment_ns: int
    is_before_last: bool

    @property
    def positions(self) -> Values:
        if isinstance(self.source, Point):
            return self.source.positions
        return self.source.positions_at(self.time_ns)

    @property
    def point(self) -> Point:
        return self.source if isinstance(self.source, Point) else self.source.at(self.time_ns)


class Segment:
    """The polynomials between two points, as interpolate_between_points makes them.

    Cubic where both ends have velocities, quintic where both have accelerations too, linear
    otherwise: the lowest common specification.
    """

    def __init__(self, a: Point, b: Point) -> None:
        self._start_ns, self._end_ns = a.time_ns, b.time_ns
        duration = (b.time_ns - a.time_ns) * S
        has_velocity = bool(a.velocities) and bool(b.velocities)
        has_acceleration = bool(a.accelerations) and bool(b.accelerations)
        ends = zip(a.positions, b.positions, strict=True)
        self._linear = [_linear(*values, duration) for values in ends]
        if has_velocity and has_acceleration:
            ends = zip(
                a.positions, b.positions, a.velocities, b.velocities,
                a.accelerations, b.accelerations, strict=True,
            )  # fmt: skip
            self._polynomials = [_quintic(*values, duration) for values in ends]
        elif has_velocity:
            ends = zip(a.positions, b.positions, a.velocities, b.velocities, strict=True)
            self._polynomials = [_cubic(*values, duration) for values in ends]
        else:
            self._polynomials = self._linear

    def at(self, time_ns: int) -> Point:
        """Return the state at a time; outside the segment its ends, by the linear rule."""
        polynomials, t = self._place(time_ns)
        positions, velocities, accelerations = [], [], []
        for c in polynomials:
            x = v = a = 0.0
            # Horner's scheme for a polynomial and its first two derivatives.
            for coefficient in reversed(c):
                a = a * t + 2.0 * v
                v = v * t + x
                x = x * t + coefficient
            positions.append(x)
            velocities.append(v)
            accelerations.append(a)
        return Point(time_ns, tuple(positions), tuple(velocities), tuple(accelerations))

    def positions_at(self, time_ns: int) -> Values:
        """Return the positions of `at` alone."""
        polynomials, t = self._place(time_ns)
        if len(polynomials[0]) == 4:
            return tuple([a + t * (b + t * (c + t * d)) for a, b, c, d in polynomials])
        if len(polynomials[0]) == 2:
            return tuple([a + t * b for a, b in polynomials])
        return self.at(time_ns).positions

    def _place(self, time_ns: int) -> tuple[list[Values], float]:
        if self._start_ns <= time_ns <= self._end_ns:
            return self._polynomials, (time_ns - self._start_ns) * S
        # interpolate_between_points leaves velocities and accelerations out there.
        nearest_ns = min(max(time_ns, self._start_ns), self._end_ns)
        return self._linear, (nearest_ns - self._start_ns) * S


class Trajectory:
    """The points of one message and the state before them."""

    def __init__(self, stamp_ns: int, points: Sequence[Point], splines: bool) -> None:
        """Take a message, as Trajectory::update does.

        Args:
            stamp_ns: header.stamp; 0 starts the trajectory at its first sample.
            points: in the controller's joint order; their time is time_from_start.
            splines: false for interpolation_method `none`.
        """
        self._stamp_ns = stamp_ns
        self._points = list(points)
        self._splines = splines
        self._before: Point | None = None
        self._segments: dict[int, Segment] = {}
        self._has_played_out = False
        self.start_ns: int | None = None

    @property
    def is_sampled_already(self) -> bool:
        return self.start_ns is not None

    def set_point_before(self, before: Point) -> None:
        """Take the state that the first point is approached from.

        Follows Trajectory::set_point_before_trajectory_msg: where it lacks velocities or
        accelerations and the first point has them, they are zero.
        """
        first = self._points[0]
        self._before = Point(
            before.time_ns,
            before.positions,
            before.velocities or (0.0,) * len(first.velocities),
            before.accelerations or (0.0,) * len(first.accelerations),
        )

    def sample(self, time_ns: int) -> Sample | None:
        """Return the state at a time as Trajectory::sample does, None where that returns false."""
        if self._before is None:
            raise RuntimeError('set_point_before() comes before sample()')
        if self.start_ns is None:
            self._begin(self._stamp_ns or time_ns)
        if time_ns < self._before.time_ns:
            return None
        first, last = self._points[0], self._points[-1]
        if time_ns < first.time_ns:
            source = self._segment(-1) if self._splines else self._before
            return Sample(source, time_ns, first.time_ns, True)
        # sample() sets last_sample_idx_ to the end in any look-ahead too: there is no way back.
        if self._has_played_out or time_ns >= last.time_ns:
            self._has_played_out = True
            zeros = (0.0,) * len(last.positions)
            at_rest = last.velocities or zeros, last.accelerations or zeros
            point = Point(time_ns, last.positions, *at_rest)
            return Sample(point, time_ns, last.time_ns, False)
        index = bisect_right(self._times, time_ns) - 1
        source = self._segment(index) if self._splines else self._points[index + 1]
        return Sample(source, time_ns, self._points[index].time_ns, True)

    def _begin(self, start_ns: int) -> None:
        self.start_ns = start_ns
        self._points = [
            Point(start_ns + p.time_ns, p.positions, p.velocities, p.accelerations)
            for p in self._points
        ]
        self._times = [point.time_ns for point in self._points]

    def _segment(self, index: int) -> Segment:
        """Return the segment that begins at a point, -1 for the state before the message."""
        if index not in self._segments:
            before = self._before if index < 0 else self._points[index]
            self._segments[index] = Segment(before, self._points[index + 1])
        return self._segments[index]


def _linear(x0: float, x1: float, duration: float) -> Values:
    return (x0, (x1 - x0) / duration if duration else 0.0)


def _cubic(x0: float, x1: float, v0: float, v1: float, duration: float) -> Values:
    T = duration
    if not T:
        return (x0, v0)
    c2 = (-3.0 * x0 + 3.0 * x1 - 2.0 * v0 * T - v1 * T) / T**2
    c3 = (2.0 * x0 - 2.0 * x1 + v0 * T + v1 * T) / T**3
    return (x0, v0, c2, c3)


def _quintic(
    x0: float, x1: float, v0: float, v1: float, a0: float, a1: float, duration: float
) -> Values:
    T = duration
    if not T:
        return (x0, v0, 0.5 * a0)
    d = x1 - x0
    c3 = (20.0 * d - (3.0 * a0 - a1) * T**2 - (12.0 * v0 + 8.0 * v1) * T) / (2.0 * T**3)
    c4 = (-30.0 * d + (3.0 * a0 - 2.0 * a1) * T**2 + (16.0 * v0 + 14.0 * v1) * T) / (2.0 * T**4)
    c5 = (12.0 * d + (a1 - a0) * T**2 - 6.0 * (v0 + v1) * T) / (2.0 * T**5)
    return (x0, v0, 0.5 * a0, c3, c4, c5)
