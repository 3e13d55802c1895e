"""Chunks out of targets that come one at a time, as of a leader arm or a loop of LeRobot."""

from collections import deque

import numpy as np
from vla_contract.chunk_curve import ChunkCurve
from vla_contract.deployment.cell import Cell
from vla_contract.values import ActionChunk, NS_PER_S, to_ns, Vector

# The action filter joins each chunk to what the arm does, over a few of its cycles: chunks that
# are replaced sooner are never played. At 60 Hz every second target is used.
_LEAST_NS = to_ns(0.025)
_GRID_NS = to_ns(0.01)
# Points after the target, in which a stream that ends comes to rest.
_EASING = 5
# A longer silence is a pause, and says nothing about how often targets come, or how fast.
_PAUSE_NS = to_ns(0.5)
_INTERVALS = 5


class TargetStream:
    """Makes of each target a chunk that goes on where the one before is, and on to the target.

    Two points, the last target and this one, would come to rest at each target. So a chunk
    repeats the one before for as long as its commands are already given out, and then runs, along
    a cubic Hermite curve with the speed of the targets at its end, to the target within one
    interval between targets. It interpolates and predicts nothing: the arm is behind the targets
    by the lead and one interval. A stream that ends comes to rest within 0.05 s.

    A target that is further than the joints can go in one interval is handed on as the step it
    is, so that the filter can tell a jump.
    """

    def __init__(self, cell: Cell, lead_s: float, period_s: float) -> None:
        """Prepare for a robot; `restart` says where it stands.

        Args:
            cell: whose joints.
            lead_s: how long before it is due a command is given out, with the way of a chunk [s].
            period_s: interval between targets, until it is known [s].
        """
        self._lead_ns, self._first_ns = to_ns(lead_s), to_ns(period_s)
        self._arm, self._grippers = np.array(cell.arm), cell.grippers
        self._most = np.array([cell.joints[i].velocity for i in cell.arm])
        self._intervals_ns: deque[int] = deque(maxlen=_INTERVALS)
        self.restart(cell.home)

    def restart(self, position: Vector) -> None:
        """Go on from rest at a position, shape (D,) [rad or m]."""
        self._target = np.array(position)
        self._seen_ns: int | None = None
        self._curve = ChunkCurve(ActionChunk(0, 1, self._target[np.newaxis]))

    def chunk(self, target: Vector, now_ns: int) -> ActionChunk | None:
        """Take a target; return the chunk to send, None where one was sent just before.

        Args:
            target: finite, shape (D,) [rad or m].
            now_ns: time, later at each call [ns].
        """
        since_ns = _PAUSE_NS if self._seen_ns is None else now_ns - self._seen_ns
        if since_ns < _LEAST_NS:
            return None
        if since_ns < _PAUSE_NS:
            self._intervals_ns.append(since_ns)
        interval_ns = int(np.median(self._intervals_ns or [self._first_ns]))
        step = np.asarray(target) - self._target
        speed = np.zeros_like(step)  # [rad/s or m/s]
        if since_ns < _PAUSE_NS:
            speed[self._arm] = step[self._arm] / (since_ns / NS_PER_S)
        if (np.abs(step[self._arm]) > self._most * (interval_ns / NS_PER_S)).any():
            start, _ = self._curve.sample(now_ns)
            chunk = ActionChunk(now_ns, interval_ns, np.stack([start, target]))
        else:
            chunk = self._way_to(np.asarray(target), speed, now_ns, interval_ns)
        self._curve = ChunkCurve(chunk, self._grippers)
        self._target, self._seen_ns = np.array(target), now_ns
        return chunk

    def _way_to(self, target: Vector, speed: Vector, now_ns: int, interval_ns: int) -> ActionChunk:
        """Return the curve to a target, and beyond it to rest."""
        count = -(-(self._lead_ns + interval_ns) // _GRID_NS)
        grid_ns = (self._lead_ns + interval_ns) // count
        start, start_speed = self._curve.sample(now_ns + self._lead_ns)
        start_speed[list(self._grippers)] = 0.0
        interval_s, ease_s = interval_ns / NS_PER_S, _EASING * grid_ns / NS_PER_S
        points = []
        for k in range(count + 1 + _EASING):
            after_s = (k * grid_ns - self._lead_ns) / NS_PER_S
            if after_s <= 0.0:
                points.append(self._curve.sample(now_ns + k * grid_ns)[0])
            elif k < count:
                s = after_s / interval_s
                points.append(
                    (2 * s**3 - 3 * s**2 + 1) * start
                    + (s**3 - 2 * s**2 + s) * interval_s * start_speed
                    + (3 * s**2 - 2 * s**3) * target
                    + (s**3 - s**2) * interval_s * speed
                )
            else:
                beyond_s = (k - count) * grid_ns / NS_PER_S
                points.append(target + speed * (beyond_s - beyond_s**2 / (2 * ease_s)))
        return ActionChunk(now_ns, grid_ns, np.array(points))
