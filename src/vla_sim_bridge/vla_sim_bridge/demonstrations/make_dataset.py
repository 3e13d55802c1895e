"""Record the scripted expert into a LeRobotDataset v3."""

import argparse
import sys

from vla_contract.cli import number_types
from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.deployment_arguments import add_scene
from vla_contract.cli.path_types import folder_to_write
from vla_contract.cli.terminal import announce


def _run(args: argparse.Namespace) -> int:
    # The simulator takes a while to import: not for --help, nor for a misspelt option.
    announce('loading the simulator')
    from vla_sim_bridge.demonstrations.recording import make_dataset

    return make_dataset(args)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'dataset record-sim',
        'Record the scripted expert into a LeRobotDataset v3: in parallel, and resumable.',
        'vla dataset record-sim --episodes 400 --workers 4 '
        '--randomization training --output datasets/lift_cube',
    )
    parser.add_argument('--output', type=folder_to_write, required=True, help='new folder')
    parser.add_argument(
        '--episodes',
        type=number_types.episodes,
        default=400,
        help='successful episodes wanted',
    )
    # The first 100 000 seeds are kept for evaluation, so that no run trains on what it tests.
    parser.add_argument(
        '--first-seed',
        type=number_types.seed,
        default=number_types.MOST_EPISODES,
        help='the next ones follow it',
    )
    parser.add_argument('--workers', type=number_types.workers, default=1, help='processes')
    # Beyond a few hundredths of a radian the expert misses the cube.
    parser.add_argument(
        '--noise-rad',
        type=number_types.real(0.0, 0.5, 'rad'),
        default=0.015,
        help='noise on executed command',
    )
    parser.add_argument(
        '--missed-share',
        type=number_types.share,
        default=0.25,
        help='begin by a failed grasp',
    )
    parser.add_argument(
        '--margin-m',
        type=number_types.real(0.0, 0.5, 'm'),
        default=0.01,
        help='wider area of objects [m]',
    )
    add_scene(parser)
    parser.add_argument('--randomization', default='none', help='name under config/randomization')
    args = parser.parse_args(argv)
    return run_command(lambda: _run(args))


if __name__ == '__main__':
    sys.exit(main())
