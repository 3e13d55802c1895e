"""Load a deployment with all its parts, and say what they are."""

import argparse
import sys
from typing import Any

from vla_contract.cli.command import command_parser, DONE, run_command, write_json
from vla_contract.cli.deployment_arguments import add_deployment, deployment_of
from vla_contract.cli.path_types import file_to_write
from vla_contract.deployment.deployment import Deployment


def parts_of(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """Return what each of the five words is: name, hash over its meaning, and what counts."""
    cell, policy, task = deployment.cell, deployment.policy, deployment.task
    robot = cell.robot
    return {
        'deployment': {
            'name': deployment.name,
            'sha256': deployment.sha256,
            'real': deployment.real,
        },
        'robot': {
            'name': robot.name,
            'sha256': robot.sha256,
            'joints': list(robot.joint_names),
            'groups': {group.name: group.kind for group in robot.groups},
            'model': str(robot.model),
        },
        'cell': {
            'name': cell.name,
            'sha256': cell.sha256,
            'cameras': {camera.name: camera.topic for camera in cell.cameras},
        },
        'policy': {
            'name': policy.name,
            'sha256': policy.sha256,
            'backend': policy.backend,
            'source': policy.source,
            'rate_hz': policy.rate_hz,
            'action': policy.action_kind,
            'cameras': {camera.feature: camera.described for camera in policy.cameras}
            | {black.feature: 'black' for black in policy.black_images},
        },
        'task': {
            'name': task.name,
            'sha256': task.sha256,
            'instruction': task.instruction,
            'time_limit_s': task.time_limit_s,
            'simulated': bool(task.simulation),
        },
    }


def check_deployment(args: argparse.Namespace) -> int:
    """Print the parts; what is wrong with one is raised."""
    parts = parts_of(deployment_of(args))
    for word, values in parts.items():
        print(f'{word:<11}{values["name"]}   {values["sha256"][:12]}')
        for key, value in values.items():
            if key not in ('name', 'sha256'):
                print(f'{"":<11}{key}: {_said(value)}')
    if args.json:
        write_json(args.json, parts)
    return DONE


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ', '.join(f'{key} ({item})' for key, item in value.items()) or 'none'
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    return ', '.join(value) if isinstance(value, list) else str(value)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'check deployment',
        'Load robot, cell, policy and task of a deployment, and print what they are.',
        'vla check deployment --deployment panda_lift_cube',
    )
    add_deployment(parser)
    parser.add_argument('--json', type=file_to_write(), help='also write them here')
    args = parser.parse_args(argv)
    return run_command(lambda: check_deployment(args))


if __name__ == '__main__':
    sys.exit(main())
