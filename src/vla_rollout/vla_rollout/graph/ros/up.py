"""Start the nodes of a deployment and leave them running, as the launch files do."""

import argparse
import os
from pathlib import Path
import signal
import sys

from vla_contract.cli.command import command_parser, run_command
from vla_contract.cli.deployment_arguments import named_parts
from vla_contract.cli.number_types import natural
from vla_contract.cli.path_types import folder_to_write
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_contract.ros.node.graph_arguments import parse_in_graph
from vla_rollout.arguments import add_record, add_setup
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.graph.ros.demo import stack_overrides
from vla_rollout.graph.ros.interruption import once_interrupted
from vla_rollout.graph.ros.stack_run import run_beside, until_interrupted
from vla_rollout.graph.stack import Overrides, Stack

SIMULATED, REAL = 'sim', 'real_robot'
"""Stacks under config/stacks: with the simulator, or beside drivers."""

_SIMULATED_ALONE = ('--viewer', '--randomization')


def up(args: argparse.Namespace) -> int:
    """Run the stack until Ctrl-C, or until a process ends; no process survives it.

    Raises:
        VlaError: the deployment cannot be loaded, or is real and what is asked for is simulated.
    """
    deployment = load_deployment(**named_parts(args))
    if deployment.real and (args.viewer or args.randomization != 'none'):
        raise VlaError(
            f'{" or ".join(_SIMULATED_ALONE)}: deployment {deployment.name} is of a real robot; '
            'allowed: with a simulated one'
        )
    domain_id = args.domain_id
    if domain_id is None:
        domain_id = int(os.environ.get('ROS_DOMAIN_ID') or 0)
    folder = make_run_folder('up', args.runs)
    stack = Stack(
        REAL if deployment.real else SIMULATED, folder / 'logs', domain_id,
        _overrides(args, folder, deployment.real), ('recorder',) if args.record else (),
        args.namespace, leave_out=args.without, is_local=not deployment.real,
    )  # fmt: skip
    print(f'starting {", ".join(stack.names)} (ROS_DOMAIN_ID={domain_id})', flush=True)
    print(f'logs: {folder / "logs"}; Ctrl-C ends them', flush=True)
    print(f'next, in another shell: {_next(args, deployment.real)}', flush=True)
    return run_beside(stack, until_interrupted)


def _overrides(args: argparse.Namespace, folder: Path, is_real: bool) -> Overrides:
    """Return the parameters that the command line changes, by process."""
    values = stack_overrides(args)
    values['recorder']['folder'] = str(folder / 'recordings')
    if is_real:
        del values['mujoco_bridge']
        values['supervisor'] = {
            'deployment': args.deployment, 'cell': args.cell, 'preflight': str(args.preflight),
        }  # fmt: skip
        if args.policy_host:
            values['policy_server'] |= {'policy_source': args.policy_host, 'backend': 'remote'}
    return values


def _next(args: argparse.Namespace, is_real: bool) -> str:
    where = f' --namespace {args.namespace}' if args.namespace else ''
    if is_real:
        return f'vla call supervisor/check{where}'
    return f'vla rollout run --deployment {args.deployment}{where}'


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'up',
        'Start the nodes of a deployment and keep them running until Ctrl-C: simulator, policy '
        'server and action filter; of a real robot, whose drivers run already, filter, policy '
        'server and supervisor, inactive and locked.',
        'vla up --deployment panda_lift_cube',
    )
    add_setup(parser)
    add_record(parser)
    parser.add_argument(
        '--without', action='append', default=[], metavar='NODE',
        help='leave a node out, such as policy_server; repeat it for more',
    )  # fmt: skip
    parser.add_argument(
        '--policy-host', default='', help='worker of a real robot: config/remotes name, or ws://'
    )
    parser.add_argument(
        '--preflight', type=Path, default=Path('preflight.json'),
        help='what vla rollout preflight --json writes, for a real robot',
    )  # fmt: skip
    parser.add_argument('--viewer', action='store_true', help='open the MuJoCo viewer')
    parser.add_argument(
        '--runs', type=folder_to_write, default=Path('runs'), help='folder of the logs'
    )
    parser.add_argument('--domain-id', type=natural, help='default: ROS_DOMAIN_ID, else 0')
    args = parse_in_graph(parser, argv)
    ends = (signal.SIGINT, signal.SIGTERM)
    return run_command(lambda: once_interrupted(lambda: up(args), ends))


if __name__ == '__main__':
    sys.exit(main())
