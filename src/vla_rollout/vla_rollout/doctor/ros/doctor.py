"""Say what this machine has and lacks for the workspace, and the command that helps."""

import argparse
from dataclasses import asdict
from itertools import chain
import os
from pathlib import Path
import sys

from vla_contract.check import Check, measured
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.cli.number_types import positive
from vla_contract.cli.path_types import file_to_write, folder_to_write
from vla_contract.cli.terminal import print_check
from vla_rollout.doctor.machine import check_machine


def check_rclpy() -> Check:
    """Say whether ROS can be imported, and which middleware it takes."""
    name, fix = 'rclpy', 'make setup, or source /opt/ros/DISTRO/setup.bash'
    try:
        from rclpy.utilities import get_rmw_implementation_identifier

        middleware = get_rmw_implementation_identifier()
    except Exception as error:  # noqa: BLE001 - whatever a half-installed middleware raises
        return measured(name, False, f'{type(error).__name__}: {error}', 'imports', fix)
    domain = os.environ.get('ROS_DOMAIN_ID', '0')
    reach = os.environ.get('ROS_AUTOMATIC_DISCOVERY_RANGE', 'SUBNET')
    found = f'{middleware}, ROS_DOMAIN_ID={domain}, discovery in {reach}'
    return measured(name, True, found, 'imports', fix)


def doctor(args: argparse.Namespace) -> int:
    """Print every check as it comes; 1 when one failed."""
    checks = []
    for check in chain([check_rclpy()], check_machine(args.port, args.runs)):
        checks.append(check)
        print_check(check)
    failed = [check.name for check in checks if not check.is_good_enough]
    print(f'failed: {", ".join(failed)}' if failed else 'no check failed')
    if args.json:
        items = [asdict(check) for check in checks]
        write_json(args.json, {'passed': not failed, 'items': items})
    return NOT_GOOD_ENOUGH if failed else DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'doctor',
        'Say what this machine has and lacks: versions, rendering, DDS, ports, disk, limits.\n'
        'Status 1 when something is missing without which nothing runs.',
        'vla doctor',
    )
    parser.add_argument('--port', type=positive, default=8321, help='of the live page')
    parser.add_argument(
        '--runs', type=folder_to_write, default=Path('runs'), help='folder of the runs'
    )
    parser.add_argument('--json', type=file_to_write(), help='also write the result here')
    args = parser.parse_args(argv)
    return run_command(lambda: doctor(args))


if __name__ == '__main__':
    sys.exit(main())
