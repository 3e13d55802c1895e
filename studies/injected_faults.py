"""Faults that people meet on real robots, injected into the closed loop, each with its mode."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.policy import earlier_steps, Policy
from vla_contract.values import ActionChunk, Observation
from vla_rollout.diagnosis.cause import Mode
from vla_sim_bridge.scene.world import World


class Spoiled:
    """A policy whose chunks are changed on their way out."""

    def __init__(self, policy: Policy, spoil: Callable[[np.ndarray, Observation], np.ndarray]):
        """Wrap a policy; `spoil` takes positions (T, D) and the observation."""
        self._policy, self._spoil = policy, spoil
        self.needs_images, self.needs_extras = policy.needs_images, policy.needs_extras
        self.earlier_steps = earlier_steps(policy)

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the policy's chunk, spoiled."""
        chunk = self._policy.infer(observation)
        return replace(chunk, positions=self._spoil(np.array(chunk.positions), observation))

    def reset(self) -> None:
        """Forget the episode."""
        self._policy.reset()


class StuckWorld(World):
    """The arm's controller stops listening after one second; the fingers go on."""

    def step(self, target: np.ndarray, duration_ns: int) -> None:
        """Simulate with the arm held where its command was."""
        if self.time_ns - self._start_ns > 1_000_000_000:
            target = np.array(target)
            arm = list(self.cell.arm)
            target[arm] = self.command[arm]
        super().step(target, duration_ns)

    def reset(self, seed: int, replay: dict[str, Any] | None = None) -> dict[str, Any]:
        """Start an episode."""
        manifest = super().reset(seed, replay)
        self._start_ns = self.time_ns
        return manifest


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        name: what is wrong.
        modes: failure modes that a person would call it.
        settings: changed settings of the closed loop.
        spoil: makes the change of the policy's chunks for a robot, None for none.
        overrides: values of the deployment that differ, by path.
        world_type: class of the world.
    """

    name: str
    modes: tuple[Mode, ...]
    settings: dict[str, Any]
    spoil: Callable[[Cell], Callable[[np.ndarray, Observation], np.ndarray]] | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    world_type: type[World] = World


def _stay(cell: Cell) -> Callable[[np.ndarray, Observation], np.ndarray]:
    return lambda positions, seen: np.tile(seen.state, (len(positions), 1))


def _scaled(cell: Cell) -> Callable[[np.ndarray, Observation], np.ndarray]:
    arm = list(cell.arm)

    def spoil(positions: np.ndarray, seen: Observation) -> np.ndarray:
        positions[:, arm] = seen.state[arm] + 5.0 * (positions[:, arm] - seen.state[arm])
        return positions

    return spoil


def _permuted(cell: Cell) -> Callable[[np.ndarray, Observation], np.ndarray]:
    """Two joints of the same range swapped: no limit is broken, so nothing else notices.

    The Panda's first and third joint are no fault: upright, they turn about the same axis, and
    the task succeeds.
    """

    def spoil(positions: np.ndarray, seen: Observation) -> np.ndarray:
        positions[:, [4, 6]] = positions[:, [6, 4]]
        return positions

    return spoil


def _normalised(cell: Cell) -> Callable[[np.ndarray, Observation], np.ndarray]:
    """Statistics of another data set: another mean and spread.

    The mean takes the arm elsewhere; the spread makes it overshoot and come back.
    """
    arm = list(cell.arm)
    home = cell.home[arm]

    def spoil(positions: np.ndarray, seen: Observation) -> np.ndarray:
        positions[:, arm] = home + 1.6 * (positions[:, arm] - home) + 0.1
        return positions

    return spoil


# Somebody knocked against it: it looks 10 cm past the place, some 8 degrees.
_CAMERA_MOVED = {'cell.cameras.top.placement.target_m': [0.50, 0.10, 0.06]}
# A plate across the way, between where the arm starts and where it grasps.
_PLATE = {
    'name': 'wall',
    'size_m': [0.30, 0.30, 0.01],
    'centre_m': [0.50, 0.0, 0.16],
    'rgba': [0.9, 0.9, 0.9, 0.15],
}
_WALL = {'cell.obstacles': [_PLATE]}
# As if oiled: two pads at 50 N would hold the cube's 0.6 N with a friction of 0.006.
_SLIPPERY = {
    'robot.tools.gripper.pad_friction': 0.001,
    'task.simulation.objects.cube.friction': 0.001,
}

FAULTS = (
    Fault('latency beyond the horizon', (Mode.FROZEN,), {'latency_s': 2.5}),
    Fault('policy stays', (Mode.FROZEN,), {}, spoil=_stay),
    Fault('actuator stuck', (Mode.FROZEN,), {}, world_type=StuckWorld),
    Fault('actions times 5', (Mode.OSCILLATION,), {}, spoil=_scaled),
    Fault('wrong normalisation', (Mode.DRIFT, Mode.OSCILLATION), {}, spoil=_normalised),
    Fault('permuted joints', (Mode.DRIFT,), {}, spoil=_permuted),
    Fault('camera moved', (Mode.GRASP,), {}, overrides=_CAMERA_MOVED),
    Fault('wall in the way', (Mode.COLLISION,), {}, overrides=_WALL),
    Fault('slippery object', (Mode.GRASP,), {}, overrides=_SLIPPERY),
)
