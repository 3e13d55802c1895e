"""Record the scripted expert into a LeRobotDataset v3."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
import sys
from typing import Any

import numpy as np
from tqdm import tqdm
from vla_contract.command import command_parser, run_command, write_json
from vla_contract.contract import load_contract, RobotContract
from vla_contract.errors import VlaError
from vla_contract.joint_map import JointMap
from vla_contract.lerobot_import import quiet_lerobot
from vla_contract.policy import CUBE_POSE
from vla_contract.policy_features import ACTION, FeatureEncoder, STATE
from vla_contract.values import to_ns
from vla_sim_bridge.expert import ScriptedExpert
from vla_sim_bridge.kinematics import ArmKinematics
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.randomization.term import random_stream
from vla_sim_bridge.renderer import CameraRenderer
from vla_sim_bridge.world import World
from vla_sim_bridge.world_config import load_world_config, WorldConfig

Frame = dict[str, Any]


def dataset_features(contract: RobotContract) -> dict[str, Any]:
    """Describe the columns of a dataset recorded under a contract, in LeRobot's format."""
    features: dict[str, Any] = {
        STATE: _vector(contract.state.names),
        ACTION: _vector(contract.action.names),
    }
    for camera in contract.cameras:
        features[camera.feature] = {
            'dtype': 'image',
            'shape': (camera.policy_height, camera.policy_width, 3),
            'names': ['height', 'width', 'channels'],
        }
    return features


def _vector(names: tuple[str, ...]) -> dict[str, Any]:
    return {'dtype': 'float32', 'shape': (len(names),), 'names': list(names)}


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
        contract = world.contract
        self._world = world
        self._noise_rad = noise_rad
        self._renderer = CameraRenderer(world)
        self._missed_share = missed_share
        self._kinematics = ArmKinematics(world.model, contract)
        self._expert = ScriptedExpert(contract, self._kinematics)
        names = contract.joint_names
        self._encode = FeatureEncoder(contract)
        self._to_action = JointMap(names, contract.action.names, 'contract joints')
        self._period_ns = to_ns(1.0 / contract.action.fps)

    def record(self, seed: int) -> list[Frame] | None:
        """Return the frames of one episode, or None when the expert failed."""
        self._world.reset(seed)
        rng = random_stream(seed, 'missed_grasp')
        if rng.uniform() < self._missed_share:
            self._miss(rng)
        frames = list(self._frames(seed))
        return frames if self._world.success else None

    def _miss(self, rng: np.random.Generator) -> None:
        """Close the fingers up to 6 cm beside the cube and up to 20 cm above the table."""
        world, contract = self._world, self._world.contract
        arm, gripper = list(contract.arm), contract.grippers[0]
        beside = world.cube_pose()[:2] + rng.uniform(-0.06, 0.06, 2)
        place = np.array([*beside, rng.uniform(0.05, 0.20)])
        for _ in range(round(rng.uniform(6, 14))):
            command = world.joint_sample().position.copy()
            now, rotation = self._kinematics.tool_pose(command[arm])
            towards = now + np.clip(place - now, -0.04, 0.04)
            command[arm] = self._kinematics.step_towards(command[arm], towards, rotation)
            command[gripper] = contract.joints[gripper].closed
            world.step(command, self._period_ns)

    def _frames(self, seed: int) -> Iterator[Frame]:
        world, contract = self._world, self._world.contract
        rng = random_stream(seed, 'expert_noise')
        arm = list(contract.arm)
        for _ in range(round(world.config.time_limit_s * contract.action.fps)):
            seen = world.observe(self._renderer.render)
            command = self._expert.plan(seen.state, seen.extras[CUBE_POSE], horizon=1)[0]
            yield {
                **self._encode(seen),
                ACTION: self._to_action(command).astype(np.float32),
                'task': seen.instruction,
            }
            command[arm] += rng.normal(0.0, self._noise_rad, len(arm))
            world.step(command, self._period_ns)
            if world.success:
                return


def _with_margin(config: WorldConfig, margin_m: float) -> WorldConfig:
    """Widen the area of the cube, so that evaluation does not happen at the data's edge."""
    x, y = ((low - margin_m, high + margin_m) for low, high in (config.cube.x_m, config.cube.y_m))
    return replace(config, cube=replace(config.cube, x_m=x, y_m=y))


def make_dataset(args: argparse.Namespace) -> int:
    """Record `args.episodes` successful episodes into the folder `args.output`.

    Raises:
        VlaError: the folder exists, or the expert fails more than half of its episodes.
    """
    if args.output.exists():
        raise VlaError(f'{args.output} exists; name a new folder, nothing was written')
    quiet_lerobot()
    # Imported here, because it takes seconds and --help must not.
    from lerobot.datasets import LeRobotDataset

    contract = load_contract(args.robot)
    config = _with_margin(load_world_config(args.world), args.margin_m)
    world = World(contract, config, load_randomization(args.randomization))
    demonstrator = Demonstrator(world, args.noise_rad, args.missed_share)
    dataset = LeRobotDataset.create(
        repo_id=f'local/{args.output.name}',
        fps=round(contract.action.fps),
        features=dataset_features(contract),
        root=args.output,
        robot_type=contract.name,
        use_videos=False,
    )
    seeds: list[int] = []
    failed: list[int] = []
    seed = args.first_seed
    with tqdm(total=args.episodes, unit='episode') as progress:
        while len(seeds) < args.episodes:
            frames = demonstrator.record(seed)
            for frame in frames or []:
                dataset.add_frame(frame)
            if frames is None:
                failed.append(seed)
            else:
                dataset.save_episode()
                seeds.append(seed)
                progress.update()
            if len(failed) > 10 + len(seeds):
                raise VlaError(f'the expert failed {len(failed)} of {seed + 1} episodes')
            seed += 1
    dataset.finalize()
    write_json(
        args.output / 'meta' / 'vla_provenance.json',
        {
            'robot': contract.name,
            'contract_sha256': contract.sha256,
            'world': args.world,
            'randomization': args.randomization,
            'noise_rad': args.noise_rad,
            'missed_share': args.missed_share,
            'margin_m': args.margin_m,
            'seeds': seeds,
            'failed_seeds': failed,
        },
    )
    print(f'{len(seeds)} episodes, {dataset.num_frames} frames, {len(failed)} failed seeds')
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'vla_sim_bridge.make_dataset',
        'Record the scripted expert into a LeRobotDataset v3.',
        'python -m vla_sim_bridge.make_dataset --episodes 400 --output datasets/lift_cube',
    )
    parser.add_argument('--output', type=Path, required=True, help='new folder')
    parser.add_argument('--episodes', type=int, default=400, help='successful episodes wanted')
    # The first 100 000 seeds are kept for evaluation, so that no run trains on what it tests.
    parser.add_argument('--first-seed', type=int, default=100_000)
    parser.add_argument('--noise-rad', type=float, default=0.015, help='noise on executed command')
    parser.add_argument('--missed-share', type=float, default=0.25, help='begin with a miss')
    parser.add_argument('--margin-m', type=float, default=0.01, help='wider than the world')
    parser.add_argument('--robot', default='panda_2f85', help='name or path of a contract')
    parser.add_argument('--world', default='lift_cube', help='name or path of a world')
    parser.add_argument('--randomization', default='none', help='name under config/randomization')
    args = parser.parse_args(argv)
    return run_command(lambda: make_dataset(args))


if __name__ == '__main__':
    sys.exit(main())
