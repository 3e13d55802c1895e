"""The scripted expert as a demonstrator: one seed gives one episode of training frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from vla_contract.values import to_ns
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.features import ACTION, FeatureEncoder
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.demonstrations.make_expert import make_expert
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.randomization.term import random_stream
from vla_sim_bridge.scene.lead_in import LeadIn
from vla_sim_bridge.scene.simulated_task import SimulatedTask
from vla_sim_bridge.scene.world import World

Frame = dict[str, Any]


@dataclass(frozen=True)
class Demonstration:
    """One successful episode.

    Attributes:
        frames: what a LeRobotDataset takes, one dictionary per time step.
        manifest: of its reset, with what moved before the first frame.
    """

    frames: list[Frame]
    manifest: dict[str, Any]


class Demonstrator:
    """Plays expert episodes in a world and yields the frames of the successful ones.

    The executed command carries joint noise while the clean command is recorded: the policy
    learns to come back from where noise took the arm (Laskey et al., 'DART', CoRL 2017). Some
    episodes begin, unrecorded, with a missed grasp: closed fingers somewhere around the cube.
    Without them a policy that misses once holds its empty fingers up for ever.
    """

    def __init__(self, world: World, noise_rad: float, missed_share: float) -> None:
        """Prepare to record.

        Args:
            world: the world to record in.
            noise_rad: standard deviation of the noise on executed commands [rad].
            missed_share: share of episodes that begin with a missed grasp, in [0, 1].
        """
        deployment, cell = world.deployment, world.cell
        self._world = world
        self._noise_rad = noise_rad
        self._renderer = CameraRenderer(world)
        self._missed_share = missed_share
        self._kinematics = ArmKinematics(world.model, cell)
        self._expert = make_expert(deployment, self._kinematics)
        policy = deployment.policy
        self._encode = FeatureEncoder(deployment)
        self._codec = VectorCodec(deployment)
        self._period_ns = to_ns(1.0 / policy.rate_hz)
        self._steps = round(deployment.task.time_limit_s * policy.rate_hz)

    def record(self, seed: int) -> Demonstration | None:
        """Return one episode, or None when the expert failed."""
        manifest = self._world.reset(seed)
        rng = random_stream(seed, 'missed_grasp')
        if rng.uniform() < self._missed_share:
            manifest |= self._miss(rng).entry()
        frames = list(self._frames(seed))
        return Demonstration(frames, manifest) if self._world.success else None

    def _miss(self, rng: np.random.Generator) -> LeadIn:
        """Close the fingers up to 6 cm beside the object and up to 20 cm above the table."""
        world, cell = self._world, self._world.cell
        arm, gripper = list(self._kinematics.arm), self._expert.gripper
        beside = world.target_pose()[:2] + rng.uniform(-0.06, 0.06, 2)
        place = np.array([*beside, rng.uniform(0.05, 0.20)])
        commands = []
        for _ in range(round(rng.uniform(6, 14))):
            command = world.joint_sample().position.copy()
            now, rotation = self._kinematics.tool_pose(command[arm])
            towards = now + np.clip(place - now, -0.04, 0.04)
            command[arm] = self._kinematics.step_towards(command[arm], towards, rotation)
            command[gripper] = cell.joints[gripper].closed
            world.step(command, self._period_ns)
            commands.append(command)
        return LeadIn(self._period_ns, commands)

    def _frames(self, seed: int) -> Iterator[Frame]:
        world, arm = self._world, list(self._kinematics.arm)
        rng = random_stream(seed, 'expert_noise')
        for _ in range(self._steps):
            seen = world.observe(self._renderer.render)
            command = self._expert.plan(seen.state, seen.extras, horizon=1)[0]
            yield {
                **self._encode(seen),
                ACTION: self._codec.encode_steps(command, seen.state).astype(np.float32),
                'task': seen.instruction,
            }
            command[arm] += rng.normal(0.0, self._noise_rad, len(arm))
            world.step(command, self._period_ns)
            if world.success:
                return


def wider_area(config: SimulatedTask, margin_m: float) -> dict[str, list[float]]:
    """Return the overrides of a deployment that widen the areas of its task on every side.

    So evaluation does not happen at the data's edge.
    """
    return {
        f'task.simulation.areas.{area}.{name}': [low - margin_m, high + margin_m]
        for area, where in config.areas.items()
        for name, (low, high) in (('x_m', where.x_m), ('y_m', where.y_m))
    }
