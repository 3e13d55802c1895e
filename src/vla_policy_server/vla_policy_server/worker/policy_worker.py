"""Serve a policy over openpi's websocket protocol, to one or many robots."""

import argparse
from dataclasses import replace
import sys

from vla_contract.cli import number_types
from vla_contract.cli.command import command_parser, DONE, run_command
from vla_contract.cli.deployment_arguments import add_deployment, deployment_of
from vla_contract.errors import PolicyError
from vla_policy_server.backends.remote_config import load_remote_config
from vla_policy_server.precision.evidence import AUTO
from vla_policy_server.wire.serving import (
    add_server_arguments,
    serve_until_told,
    server_settings,
)
from vla_policy_server.worker.client_terms import terms_of_others
from vla_policy_server.worker.inference_engine import Engine, LocalEngine, MAX_POLICIES
from vla_policy_server.worker.policy_copies import PolicyCopies
from vla_policy_server.worker.policy_service import PolicyService
from vla_policy_server.worker.ray_fleet import FleetEngine, FleetSettings


def _serve(argv: list[str] | None) -> int:
    parser = command_parser(
        'policy serve',
        "Serve a policy over openpi's websocket protocol, to one or many robots.",
        'vla policy serve --policy panda_lift_act --device cuda --token-file ~/worker.token '
        '--host 0.0.0.0',
    )
    add_deployment(parser)
    parser.add_argument('--device', default='cpu', help='torch device (default: %(default)s)')
    parser.add_argument(
        '--precision',
        default=AUTO,
        help='a method of vla policy benchmark (default: %(default)s, its best)',
    )
    parser.add_argument(
        '--max-batch',
        type=number_types.whole(1, 1024),
        default=8,
        help='robots in one inference (default: %(default)s)',
    )
    parser.add_argument(
        '--max-policies',
        type=int,
        default=MAX_POLICIES,
        help='copies in memory of a policy that robots cannot share, as it remembers what was; so '
        'many robots can connect (default: %(default)s)',
    )
    parser.add_argument(
        '--ray', default='', help="address of a Ray cluster: 'auto', 'local', ray://host:port"
    )
    parser.add_argument(
        '--replicas', default='1', help='policies on Ray: 2, or 1:4 by load (default: %(default)s)'
    )
    parser.add_argument(
        '--keys',
        default='',
        metavar='REMOTE',
        help='for clients of others: configuration under config/remotes, or YAML file, that says '
        'under which keys they send what',
    )
    add_server_arguments(parser)
    arguments = parser.parse_args(argv)
    if arguments.max_policies < 1:
        raise PolicyError(f'--max-policies: found {arguments.max_policies}; allowed: 1 or more')
    settings = server_settings(arguments)
    settings.require_safe()  # before the minutes that a large model takes to load
    deployment = deployment_of(arguments)
    keys = load_remote_config(arguments.keys) if arguments.keys else None
    copies = PolicyCopies(deployment, arguments.device, arguments.precision)
    engine: Engine
    if arguments.ray:
        copies.identify_ahead()
        engine = FleetEngine(copies, _fleet_settings(arguments))
    else:
        engine = LocalEngine(copies, arguments.max_batch, arguments.max_policies)
    if engine.most_robots is not None:
        most = min(settings.max_clients, engine.most_robots)
        settings = replace(settings, max_clients=most)
    try:
        terms = terms_of_others(deployment, engine, keys) if keys else None
        serve_until_told(PolicyService(deployment, engine, copies.identity, terms), settings)
    finally:
        engine.close()
    return DONE


def _fleet_settings(arguments: argparse.Namespace) -> FleetSettings:
    least, _, most = arguments.replicas.partition(':')
    try:
        bounds = int(least), int(most or least)
    except ValueError:
        bounds = 0, 0
    if not 1 <= bounds[0] <= bounds[1]:
        raise PolicyError(f"--replicas: found '{arguments.replicas}'; allowed: 2, or 1:4")
    gpus = float(arguments.device.startswith('cuda'))
    return FleetSettings(arguments.ray, *bounds, gpus, arguments.max_batch)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    return run_command(lambda: _serve(argv))


if __name__ == '__main__':
    sys.exit(main())
