"""Write an episode of a deployment as files for Gazebo: SDF, meshes, bridge topics, manifest."""

import argparse
import json
from pathlib import Path
import sys
from typing import Any

from vla_contract.cli import number_types
from vla_contract.cli.command import command_parser, DONE, run_command, write_json
from vla_contract.cli.deployment_arguments import add_scene, deployment_of
from vla_contract.cli.path_types import folder_to_write
from vla_contract.errors import ResourceNotFoundError, VlaError
from vla_sim_bridge.gazebo.bridge_topics import write_bridge
from vla_sim_bridge.gazebo.linkage import find_followers
from vla_sim_bridge.gazebo.world_file import write_world
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.randomization.terms.calibration import CALIBRATION_TERMS
from vla_sim_bridge.randomization.terms.signal import SIGNAL_TERMS
from vla_sim_bridge.scene.world import World

# What has no place in SDF 1.9: what lies between the simulator and the topics, what happens to an
# image after the lens but for noise, and what is MuJoCo's own.
LEFT_OUT = frozenset(
    {term.name for term in (*SIGNAL_TERMS, *CALIBRATION_TERMS)}
    | {'brightness', 'contrast', 'saturation', 'exposure', 'pattern_noise', 'noise_seed'}
    | {'motion_blur', 'jpeg_quality', 'joint_armature', 'actuator_strength'}
)


def export(args: argparse.Namespace) -> int:
    """Reset the world, write it, and say what could not be written.

    Raises:
        VlaError: a name is unknown, the folder is not empty, or SDF cannot hold the world.
    """
    output: Path = args.output
    if output.exists() and any(output.iterdir()) and not args.force:
        raise VlaError(f'{output} is not empty; name another folder or give --force')
    world = World(deployment_of(args), load_randomization(args.randomization))
    followers = find_followers(world)
    manifest = world.reset(args.seed, _read_manifest(args.manifest))
    write_world(world, followers, output / 'world.sdf')
    write_bridge(world.cell, world.task, output / 'bridge.yaml')
    write_json(output / 'manifest.json', manifest)
    for follower in followers:
        print(
            f'{follower.joint} follows {follower.leader}: x {follower.multiplier:.3f} '
            f'{follower.offset:+.4f}, within {follower.error:.4f} rad or m'
        )
    left_out = sorted(LEFT_OUT & set(manifest['randomization']['values']))
    if left_out:
        print(f'no place in SDF for: {", ".join(left_out)}')
    print(f'{output}: world.sdf, bridge.yaml, manifest.json of seed {manifest["seed"]}')
    return DONE


def _read_manifest(path: Path | None) -> dict[str, Any] | None:
    """Read a manifest to replay.

    Raises:
        ResourceNotFoundError, VlaError: there is no such file, or it is not JSON.
    """
    if path is None:
        return None
    try:
        manifest: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise ResourceNotFoundError('manifest', path, 'check the path') from None
    except ValueError as error:
        raise VlaError(f'{path} is not a manifest: {error}') from None
    return manifest


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'sim export-gazebo',
        'Write an episode of a deployment as SDF 1.9 with meshes, bridge topics and manifest.',
        'vla sim export-gazebo --randomization tutorial --seed 3 --output runs/gazebo',
    )
    add_scene(parser)
    parser.add_argument('--randomization', default='none', help='name under config/randomization')
    parser.add_argument('--seed', type=number_types.seed, default=0, help='seed of the episode')
    parser.add_argument('--manifest', type=Path, help='replay this manifest instead of a seed')
    parser.add_argument(
        '--output', type=folder_to_write, required=True, help='folder to write into'
    )
    parser.add_argument('--force', action='store_true', help='write into a folder with files')
    args = parser.parse_args(argv)
    return run_command(lambda: export(args))


if __name__ == '__main__':
    sys.exit(main())
