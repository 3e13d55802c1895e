"""Arguments that name what runs: a deployment, or its parts."""

import argparse
from typing import Any

from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import DEFAULT, Deployment, load_cell_of, load_deployment

PARTS = ('deployment', 'cell', 'policy', 'task', 'backend')


def add_cell(parser: argparse.ArgumentParser) -> None:
    """Add --deployment and --cell, for commands that need neither policy nor task."""
    parser.add_argument(
        '--deployment', default=DEFAULT, help='name under config/deployments, or path of a file'
    )
    parser.add_argument('--cell', default='', help="another cell than the deployment's")


def add_scene(parser: argparse.ArgumentParser, policy: bool = True) -> None:
    """Add --deployment, --cell, --policy and --task, for commands that simulate.

    Where no policy runs, its file says at which rate, and what a dataset holds. A command that
    names its policy otherwise leaves the option out.
    """
    add_cell(parser)
    if policy:
        parser.add_argument(
            '--policy',
            default='',
            help="another policy than the deployment's: checkpoint or file",
        )
    parser.add_argument('--task', default='', help="another task than the deployment's")


def add_deployment(parser: argparse.ArgumentParser) -> None:
    """Add --deployment and every part of it."""
    add_scene(parser)
    parser.add_argument(
        '--backend',
        default='',
        help="another than the policy's: hold, scripted, replay, lerobot, remote, module:factory",
    )
    parser.add_argument(
        '--allow-code',
        action='append',
        default=[],
        metavar='NAME',
        help='code that the checkpoint names and that may run; repeat it for more',
    )


def cell_of(args: argparse.Namespace) -> Cell:
    """Return the cell that the arguments of `add_cell` name.

    Raises:
        ContractError, ResourceNotFoundError: as `load_deployment`.
    """
    return load_cell_of(args.deployment, args.cell)


def deployment_of(args: argparse.Namespace) -> Deployment:
    """Return the deployment that parsed arguments name.

    Raises:
        ContractError, ResourceNotFoundError: as `load_deployment`.
    """
    return load_deployment(**named_parts(args))


def named_parts(args: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of `load_deployment`, which travel to other processes."""
    parts = {part: getattr(args, part) for part in PARTS if hasattr(args, part)}
    allow_code = getattr(args, 'allow_code', None)
    return {**parts, 'allow_code': allow_code} if allow_code else parts
