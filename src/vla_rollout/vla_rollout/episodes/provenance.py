"""What a record must say so that it can be understood in a year."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from vla_contract.cameras.calibration_file import find_calibration, load_calibration
from vla_contract.cli.deployment_arguments import named_parts
from vla_contract.cli.origin import origin_of_run
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.description.content import description_sha256
from vla_contract.errors import UnknownNameError
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_rollout.preflight.subject import Place


def provenance(
    deployment: Deployment,
    identity: PolicyIdentity,
    randomization: str,
    place: Place | None = None,
) -> dict[str, Any]:
    """Return names and hashes of a run's robot, cell, cameras, policy and task.

    Args:
        deployment: what runs.
        identity: of its policy, as whoever loaded it says.
        randomization: what every episode randomises, as rollout and simulate take it.
        place: as `place_of` found it before anything moved, which takes a second; None to look.
    """
    place = place_of(deployment.cell) if place is None else place
    return {
        **_names(deployment),
        **policy_facts(identity),
        **asdict(place),
        'deployment_sha256': deployment.sha256,
        'randomization': randomization,
    }


def policy_facts(identity: PolicyIdentity) -> dict[str, Any]:
    """Return what a record says of a policy; `policy_sha256` is '' for an unknown one."""
    return {
        'policy': identity.policy,
        'backend': identity.backend,
        'source': identity.source,
        'policy_sha256': identity.sha256,
        'identity': identity.to_dict(),
    }


def recorded_settings(
    args: argparse.Namespace,
    deployment: Deployment,
    identity: PolicyIdentity,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the settings in a run's summary: with names of the deployment and of its parts.

    What names them on a command line, '' for the deployment's own, is kept as `given`; date, host,
    code and command as `origin`.

    Args:
        args: arguments of `add_setup`.
        deployment: what they name.
        identity: of the policy that ran.
        settings: anything else.
    """
    names = {**_names(deployment), **policy_facts(identity)}
    # A run that goes on was called otherwise than now.
    origin = origin_of_run(getattr(args, 'arguments', None))
    return {**settings, **names, 'given': named_parts(args), 'origin': origin}


def _names(deployment: Deployment) -> dict[str, str]:
    return {
        'deployment': deployment.name,
        'robot': deployment.cell.robot.name,
        'cell': deployment.cell.name,
        'task': deployment.task.name,
    }


def place_of(cell: Cell) -> Place:
    """Return a cell with what this machine has of it: calibrations, the robot's model.

    Raises:
        ContractError: a calibration file or the description is broken.
        ResourceNotFoundError: a file of the description is missing.
    """
    return Place(cell.sha256, calibration_ids(cell), description_sha256(cell.robot))


def calibration_ids(cell: Cell) -> dict[str, str]:
    """Return which calibration each camera has, '' for one that was never calibrated.

    Raises:
        ContractError: a calibration file is broken.
    """
    return {c.name: _calibration_id(cell.name, c.name) for c in cell.cameras}


def _calibration_id(cell: str, camera: str) -> str:
    try:
        path = find_calibration(cell, camera)
    except UnknownNameError:
        return ''
    return load_calibration(path).id
