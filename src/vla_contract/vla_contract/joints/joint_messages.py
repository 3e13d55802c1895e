"""Joint states, chunks and commands out of messages, of rclpy or of a recording, by joint name."""

from collections.abc import Sequence
import itertools
from typing import Any

import numpy as np
from vla_contract.errors import ContractError
from vla_contract.joints.joint_map import JointMap
from vla_contract.joints.joint_states import JointStateMerge
from vla_contract.stamps import from_stamp
from vla_contract.values import ActionChunk, JointSample, Vector

LONGEST_CHUNK = 500
"""Points of a chunk. Policies answer 8 to 100; so many take 6 ms to unpack and convert, or 20 on a
slow machine, and five periods of 10 ms without a command would be an overrun of the filter."""
_MOST_NAMES = 200


def largest_chunk_bytes(joints: int) -> int:
    """Return the size up to which a serialised chunk is worth unpacking.

    Args:
        joints: how many the robot has.
    """
    # A point has positions of 8 bytes, four lengths of lists, padded, and a time; a name 64 bytes.
    return LONGEST_CHUNK * (8 * joints + 40) + 72 * joints + 256


class JointReader:
    """Reads vectors from messages in the cell's joint order, whatever theirs is."""

    def __init__(self, names: Sequence[str], topic: str) -> None:
        """Prepare for the cell's joint names; `topic` is named in errors."""
        self._names = tuple(names)
        self._topic = topic
        self._map: JointMap | None = None

    def sample(self, msg: Any) -> JointSample:
        """Return the joints of a JointState that names all of them.

        Those of drivers, who publish what they have, are for `JointStateMerge`.

        Raises:
            NameMismatchError: a joint is missing or repeated.
            ContractError: the message has fewer positions than names.
        """
        order = self._order(msg.name)
        position = self._take(order, msg.position, len(msg.name))
        velocity = np.full_like(position, np.nan)
        if len(msg.velocity) == len(msg.name):
            velocity = order(np.asarray(msg.velocity))
        effort = None
        if len(msg.effort) == len(msg.name):
            effort = order(np.asarray(msg.effort))
        return JointSample(from_stamp(msg.header.stamp), position, velocity, effort)

    def chunk(self, msg: Any) -> ActionChunk:
        """Return the chunk of a JointTrajectory with evenly spaced points.

        Raises:
            NameMismatchError: a joint is missing or repeated.
            ContractError: a point has another number of positions, times do not increase, or there
                are more than LONGEST_CHUNK points, which are then not looked at.
        """
        if not 0 < len(msg.points) <= LONGEST_CHUNK:
            found = f'{len(msg.points) or "no"} points'
            raise ContractError(f'{self._topic}: found {found}; allowed: 1 to {LONGEST_CHUNK}')
        order = self._order(msg.joint_names)
        count = len(msg.joint_names)
        positions = np.array([self._take(order, p.positions, count) for p in msg.points])
        times_ns = [from_stamp(point.time_from_start) for point in msg.points]
        period_ns = times_ns[1] - times_ns[0] if len(times_ns) > 1 else 1
        even = [times_ns[0] + k * period_ns for k in range(len(times_ns))]
        if period_ns <= 0 or any(abs(a - b) > 1000 for a, b in zip(times_ns, even, strict=True)):
            raise ContractError(f'{self._topic}: points must be evenly spaced in time')
        return ActionChunk(from_stamp(msg.header.stamp) + times_ns[0], period_ns, positions)

    def trajectory(self, msg: Any) -> tuple[list[int], Vector, Vector | None]:
        """Return the points of a trajectory as a controller takes them.

        Returns:
            Times from the start [ns], positions of shape (n, D), and velocities of the same shape
            or None where a point has none.

        Raises:
            NameMismatchError: a joint is missing or repeated.
            ContractError: as for `chunk`, or times do not increase.
        """
        if not msg.points:
            raise ContractError(f'{self._topic}: found no points')
        order, count = self._order(msg.joint_names), len(msg.joint_names)
        positions = np.array([self._take(order, p.positions, count) for p in msg.points])
        velocities = None
        if all(len(point.velocities) == count for point in msg.points):
            velocities = np.array([order(np.asarray(p.velocities)) for p in msg.points])
        times_ns = [from_stamp(point.time_from_start) for point in msg.points]
        if any(later <= earlier for earlier, later in itertools.pairwise(times_ns)):
            raise ContractError(f'{self._topic}: time_from_start must increase')
        return times_ns, positions, velocities

    def _order(self, names: Sequence[str]) -> JointMap:
        if len(names) > _MOST_NAMES:
            found = f'found {len(names)} joint names; allowed: {_MOST_NAMES}'
            raise ContractError(f'{self._topic}: {found}')
        source = tuple(names)
        if self._map is None or self._map.source != source:
            self._map = JointMap(source, self._names, self._topic)
        return self._map

    def _take(self, order: JointMap, values: Sequence[float], count: int) -> Vector:
        if len(values) != count:
            raise ContractError(f'{self._topic}: found {len(values)} positions for {count} joints')
        return order(np.asarray(values))


def merge_msg(merge: JointStateMerge, msg: Any, now_ns: int) -> JointSample | None:
    """Merge a message that has arrived now; returns all joints, None while one was never heard of.

    Raises:
        ContractError: a joint is named twice, or the message has another number of positions.
    """
    stamp_ns = from_stamp(msg.header.stamp)
    merge.offer(msg.name, msg.position, msg.velocity, msg.effort, stamp_ns, now_ns)
    return merge.sample
