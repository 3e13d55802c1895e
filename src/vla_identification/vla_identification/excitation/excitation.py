"""Design an excitation trajectory for identification."""

import argparse
import sys

from vla_contract.cli.command import command_parser, DONE, run_command, write_json
from vla_contract.cli.deployment_arguments import add_cell, cell_of
from vla_contract.cli.number_types import natural
from vla_contract.cli.path_types import file_to_write
from vla_contract.schema import build
from vla_contract.whole_file import require_free
from vla_identification.excitation.design import design_excitation, ExcitationConfig
from vla_identification.excitation.joint_track import save_track


def excite(args: argparse.Namespace) -> int:
    """Design the motion of the arguments and write it."""
    require_free(args.output, args.force)
    cell = cell_of(args)
    wanted = {'duration_s': args.duration_s, 'share': args.share, 'sway': args.sway}
    config = build(ExcitationConfig, wanted, 'arguments')
    found = design_excitation(cell, config, args.seed)
    save_track(args.output, found.track(cell))
    print(
        f'{args.output}: {config.duration_s:g} s, worst condition number {found.condition:.1f}, '
        f'fastest point {found.speed_m_s:.2f} m/s, {1000 * found.distance_m:.0f} mm of room more '
        'than the workspace asks for'
    )
    if args.json:
        write_json(args.json, {
            'robot': cell.robot.name,
            'cell': cell.name,
            'cell_sha256': cell.sha256,
            'seed': args.seed,
            'duration_s': config.duration_s,
            'condition_number': found.condition,
            'least_distance_m': found.distance_m,
            'largest_speed_m_s': found.speed_m_s,
        })  # fmt: skip
    return DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'arm excitation',
        'Make a motion from which the physics of an arm can be identified: harmonics up to '
        '1.6 Hz of all joints about home, within shares of the limits of joints and workspace.'
        '\nPlay and record it through the action filter: '
        'vla arm excite --motion FILE',
        'vla arm excitation --output runs/excitation-motion.npz',
    )
    defaults = ExcitationConfig()
    add_cell(parser)
    parser.add_argument(
        '--output', type=file_to_write('.npz'), required=True, help='motion to write, .npz'
    )
    parser.add_argument(
        '--duration-s', type=float, default=defaults.duration_s, help='of the motion [s]'
    )
    parser.add_argument(
        '--share', type=float, default=defaults.share, help='of every limit in use, default 0.5'
    )
    parser.add_argument(
        '--sway', type=float, default=defaults.sway, help='farthest from home [rad or m]'
    )
    parser.add_argument('--seed', type=natural, default=0, help='random seed')
    parser.add_argument('--json', type=file_to_write(), help='write the figures here')
    parser.add_argument('--force', action='store_true', help='replace the output')
    args = parser.parse_args(argv)
    return run_command(lambda: excite(args))


if __name__ == '__main__':
    sys.exit(main())
