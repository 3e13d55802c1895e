"""Check the file of a robot: limits, home, links, simulation, other descriptions, a live robot."""

import argparse
from dataclasses import asdict
import sys

from vla_contract.cli import number_types
from vla_contract.cli.command import (
    command_parser,
    DONE,
    NOT_GOOD_ENOUGH,
    run_command,
    write_json,
)
from vla_contract.cli.path_types import file_to_write
from vla_contract.ros.node.graph_arguments import parse_in_graph


def check(args: argparse.Namespace) -> int:
    """Print every check; status 1 when one failed.

    Raises:
        VlaError: a picture was asked for and the robot cannot be read.
    """
    # MuJoCo and pinocchio take a while to import: not for --help.
    from vla_sim_bridge.robot_checks.checklist import (
        check_robot_file,
        checked_cell,
        is_good,
        print_checks,
    )

    checks = check_robot_file(args.robot, args.cell, args.urdf)
    print_checks(checks)
    if args.live and is_good(checks[:1]):
        from vla_sim_bridge.robot_checks.ros.live_robot import check_live

        live = check_live(checked_cell(args.robot, args.cell), args.live_s, args.ros_arguments)
        print_checks(live)
        checks += live
    if args.picture:
        from vla_sim_bridge.robot_checks.picture import draw_robot

        draw_robot(checked_cell(args.robot, args.cell), args.picture)
        print(f'capsules and control points are drawn in {args.picture}')
    if args.json:
        write_json(args.json, {'robot': args.robot, 'checks': [asdict(c) for c in checks]})
    return DONE if is_good(checks) else NOT_GOOD_ENOUGH


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'check robot',
        'Check the file of a robot: limits, home against walls and links, two simulated seconds '
        'at rest; on demand another description of the arm, and the live robot.',
        'vla check robot robots/my_arm.yaml --urdf my_arm.urdf --picture my_arm.png',
    )
    parser.add_argument('robot', help='name under config/robots, or path of a file')
    parser.add_argument('--cell', default='', help='a cell with it; without, one is drafted')
    parser.add_argument('--urdf', default='', help='URDF, xacro or MJCF to compare with')
    parser.add_argument('--live', action='store_true', help='ask the running robot as well')
    parser.add_argument(
        '--live-s',
        type=number_types.real(0.1, 3600.0, 's'),
        default=5.0,
        help='how long to listen',
    )
    parser.add_argument(
        '--picture',
        type=file_to_write('.png', '.jpg', '.jpeg'),
        help='PNG of capsules and control points',
    )
    parser.add_argument('--json', type=file_to_write(), help='also write the checks here')
    args = parse_in_graph(parser, argv)
    return run_command(lambda: check(args))


if __name__ == '__main__':
    sys.exit(main())
