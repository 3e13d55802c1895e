"""What the arm was told, `action_filter/action`: speeds and accelerations by its stamps."""

from collections.abc import Sequence
import math
import time

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from vla_contract.deployment.cell import Cell
from vla_contract.stamps import from_stamp

# Longest time between two actions of one motion [s]; at rest none is sent.
_GAP_S = 0.12


def told_speeds(times_ns: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Return the mean speed before every action but the first, shape (N - 1, D).

    Args:
        times_ns: stamps of the actions, shape (N,) [ns].
        path: their positions, shape (N, D) [rad or m].

    Returns:
        Speeds [rad/s or m/s]; NaN where two actions do not belong to one motion.
    """
    steps_s = np.diff(times_ns) / 1e9
    is_apart = (steps_s <= 0.0) | (steps_s > _GAP_S)
    speeds = np.diff(path, axis=0) / np.where(is_apart, np.nan, steps_s)[:, None]
    return np.asarray(speeds)


def told_accelerations(times_ns: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Return the change of the mean speeds by the time between their middles, shape (N - 2, D).

    Arguments and NaN as for `told_speeds`; [rad/s^2 or m/s^2].
    """
    steps_s = np.diff(times_ns) / 1e9
    between_s = 0.5 * (steps_s[1:] + steps_s[:-1])
    is_apart = between_s <= 0.0
    change = np.diff(told_speeds(times_ns, path), axis=0)
    return np.asarray(change / np.where(is_apart, np.nan, between_s)[:, None])


def worst_excess(
    cell: Cell, stamps_ns: Sequence[int], actions: Sequence[np.ndarray]
) -> dict[str, float]:
    """Return how far the actions went beyond each kind of limit at the worst.

    Args:
        cell: whose limits count.
        stamps_ns: stamps of the actions, shape (N,) [ns].
        actions: positions of all joints, shape (N, D) [rad or m].

    Returns:
        Position [rad or m], infinite where one is not finite; velocity and acceleration of the
        arm's joints as shares of their limits, negative where all stay within.
    """
    times_ns, path, arm = np.array(stamps_ns), np.array(actions), list(cell.arm)
    lower, upper = np.array([(joint.lower, joint.upper) for joint in cell.joints]).T
    fastest, hardest = np.array(
        [(cell.joints[i].velocity, cell.joints[i].acceleration) for i in arm]
    ).T
    velocity = np.abs(told_speeds(times_ns, path[:, arm])) / fastest
    acceleration = np.abs(told_accelerations(times_ns, path[:, arm])) / hardest
    position = float(np.maximum(lower - path, path - upper).max())
    return {
        'position': position if np.isfinite(path).all() else math.inf,
        'velocity': float(np.nanmax(velocity)) - 1.0,
        'acceleration': float(np.nanmax(acceleration)) - 1.0,
    }


class ActionLog:
    """What an arm was told, and when.

    Attributes:
        times_ns: stamps of the actions [ns].
        path: positions of the arm's joints, each of shape (D,) [rad or m].
    """

    def __init__(self, node: Node, cell: Cell) -> None:
        """Listen from now on."""
        self._arm = list(cell.arm)
        limits = [cell.joints[i] for i in self._arm]
        self._velocity = np.array([limit.velocity for limit in limits])
        self._acceleration = np.array([limit.acceleration for limit in limits])
        self.times_ns: list[int] = []
        self.path: list[np.ndarray] = []
        self._heard_at = time.monotonic()
        node.create_subscription(
            JointState, 'action_filter/action', self._on_action, QoSProfile(depth=1000)
        )

    def _on_action(self, msg: JointState) -> None:
        self.path.append(np.array(msg.position)[self._arm])
        self.times_ns.append(from_stamp(msg.header.stamp))
        self._heard_at = time.monotonic()

    def clear(self) -> None:
        """Forget what was told so far."""
        self.times_ns.clear()
        self.path.clear()

    def speed(self, start: int = 0) -> float:
        """Return the highest share of a speed limit since an action."""
        # Actions come in meanwhile.
        end = len(self.times_ns)
        speeds = told_speeds(np.array(self.times_ns[start:end]), np.array(self.path[start:end]))
        return float(np.nanmax(np.abs(speeds) / self._velocity, initial=0.0))

    def acceleration(self) -> float:
        """Return the highest share of an acceleration limit."""
        told = told_accelerations(np.array(self.times_ns), np.array(self.path))
        return float(np.nanmax(np.abs(told) / self._acceleration))

    def stopped_ns(self) -> int:
        """Return the time of the last action that moved [ns]."""
        moving = np.flatnonzero(np.diff(np.array(self.path), axis=0).any(axis=1))
        return self.times_ns[int(moving[-1]) + 1]

    def is_silent(self) -> bool:
        """Return whether no action has come for half a second: at rest none is sent."""
        return time.monotonic() - self._heard_at > 0.5
