"""The cell that a command on a calibration takes: one that is named, or the calibration's own."""

import argparse

from vla_contract.cli.deployment_arguments import add_cell, cell_of
from vla_contract.deployment.cell import Cell


def add_named_cell(parser: argparse.ArgumentParser) -> None:
    """Add --deployment and --cell; without either the calibration says in which cell it is."""
    add_cell(parser)
    parser.set_defaults(deployment='')


def named_cell(args: argparse.Namespace) -> Cell | None:
    """Return the cell that the arguments of `add_named_cell` name; None where they name none.

    Raises:
        ContractError, ResourceNotFoundError: as `load_deployment`.
    """
    return cell_of(args) if args.deployment or args.cell else None
