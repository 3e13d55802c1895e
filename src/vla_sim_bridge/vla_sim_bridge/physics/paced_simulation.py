"""Steps a world at the pace of a clock; waits neither for rendering nor for commands."""

from collections.abc import Callable
import threading
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from vla_contract.values import JointSample, NS_PER_S, to_ns, Vector
from vla_sim_bridge.physics.played_trajectory import PlayedTrajectory
from vla_sim_bridge.randomization.appearance import Appearance
from vla_sim_bridge.scene.world import World

# Behind by more than this the lost time is given up instead of raced after.
_GIVE_UP_NS = to_ns(0.1)


class Tick(NamedTuple):
    """State of the world after one tick; copies, safe to keep."""

    time_ns: int
    joints: JointSample
    qpos: NDArray[np.float64]
    extras: dict[str, Vector]
    instruction: str
    success: bool
    failure: str
    appearance: Appearance


class PacedSimulation:
    """Owns a world: commands and resets come from any thread, ticks go to one callback."""

    def __init__(
        self,
        world: World,
        tick_ns: int,
        speed: float,
        clock_ns: Callable[[], int],
        wait: Callable[[float], bool],
        on_tick: Callable[[Tick], None],
    ) -> None:
        """Prepare to run.

        Args:
            world: the world to step; nobody else may touch it.
            tick_ns: simulated time per tick [ns].
            speed: simulated seconds per second of the clock.
            clock_ns: a monotonic clock [ns].
            wait: waits for some seconds; returns True when the run should end.
            on_tick: called after each tick, in the thread of `run`.
        """
        self._world = world
        self._tick_ns = tick_ns
        self._speed = speed
        self._clock_ns = clock_ns
        self._wait = wait
        self._on_tick = on_tick
        self._lock = threading.Lock()
        self._target = world.command
        self._played: dict[str, PlayedTrajectory] = {}
        self._lost_ns = 0

    @property
    def time_ns(self) -> int:
        """Simulated time [ns]."""
        return self._world.time_ns

    @property
    def lost_s(self) -> float:
        """Time given up because physics could not keep pace [s]."""
        return self._lost_ns / NS_PER_S

    def command(self, position: Vector) -> bool:
        """Set the commanded joint position; refuses what is not finite."""
        if not np.isfinite(position).all():
            return False
        with self._lock:
            self._target = np.array(position)
            self._played.clear()
        return True

    def play(
        self,
        channel: str,
        columns: list[int],
        times_ns: list[int],
        positions: Vector,
        velocities: Vector | None,
    ) -> bool:
        """Have some joints follow a trajectory from now on; refuses what is not finite.

        Args:
            channel: whose trajectory this replaces.
            columns: places of the joints in the cell's order.
            times_ns: when the points are due, in simulated time [ns].
            positions: shape (n, len(columns)) [rad or m].
            velocities: the same shape, or None.
        """
        given = positions if velocities is None else np.stack([positions, velocities])
        if not np.isfinite(given).all():
            return False
        with self._lock:
            now_ns = self._world.time_ns
            self._played[channel] = PlayedTrajectory(
                columns, times_ns, positions, velocities, now_ns, self._target[columns]
            )
        return True

    def reset(self, seed: int, replay: dict[str, Any] | None = None) -> dict[str, Any]:
        """Start an episode and drop the old command; returns the manifest.

        Raises:
            SimError: the manifest to replay does not fit the world.
        """
        with self._lock:
            manifest = self._world.reset(seed, replay)
            self._target = self._world.command
            self._played.clear()
            return manifest

    def run(self) -> None:
        """Tick until `wait` says to end."""
        due_ns = self._clock_ns()
        while True:
            self.tick()
            due_ns += int(self._tick_ns / self._speed)
            ahead_ns = due_ns - self._clock_ns()
            if ahead_ns < -_GIVE_UP_NS:
                self._lost_ns -= ahead_ns
                due_ns -= ahead_ns
            if self._wait(max(0.0, ahead_ns / NS_PER_S)):
                return

    def tick(self) -> None:
        """Simulate one tick and hand it on."""
        with self._lock:
            world = self._world
            for trajectory in self._played.values():
                trajectory.write(self._target, world.time_ns + self._tick_ns)
            world.step(self._target, self._tick_ns)
            tick = Tick(
                world.time_ns,
                world.joint_sample(),
                world.data.qpos.copy(),
                world.extras(),
                world.task.instruction,
                world.success,
                world.failure,
                world.appearance,
            )
        self._on_tick(tick)
