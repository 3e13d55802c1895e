"""What a record must say so that it can be understood in a year."""

import argparse
from collections.abc import Mapping
import hashlib
from pathlib import Path
from typing import Any

from vla_contract.cameras.calibration_file import find_calibration, load_calibration
from vla_contract.cli.deployment_arguments import named_parts
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import UnknownNameError
from vla_contract.share import find_model
from vla_rollout.diagnosis.healthy import FILE_NAME


def provenance(deployment: Deployment, randomization: str) -> dict[str, Any]:
    """Return names and hashes of a run's robot, cell, cameras, policy and task.

    Args:
        deployment: what runs.
        randomization: what every episode randomises, as rollout and simulate take it.
    """
    return {
        **_names(deployment),
        'cell_sha256': deployment.cell.sha256,
        'calibration_ids': calibration_ids(deployment.cell),
        'deployment_sha256': deployment.sha256,
        'policy_sha256': policy_sha256(deployment.policy.source),
        'randomization': randomization,
    }


def recorded_settings(
    args: argparse.Namespace, deployment: Deployment, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings in a run's summary: with names of the deployment and of its parts.

    What names them on a command line, '' for the deployment's own, is kept as `given`.

    Args:
        args: arguments of `add_setup`.
        deployment: what they name.
        settings: anything else.
    """
    return {**settings, **_names(deployment), 'given': named_parts(args)}


def _names(deployment: Deployment) -> dict[str, str]:
    return {
        'deployment': deployment.name,
        'robot': deployment.cell.robot.name,
        'cell': deployment.cell.name,
        'task': deployment.task.name,
        'policy': deployment.policy.name,
        'backend': deployment.policy.backend,
    }


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


def policy_sha256(source: str) -> str:
    """Return the hash of a checkpoint's weights and configuration, '' for what is no folder.

    What was learned of its healthy episodes is no part of the checkpoint.

    Args:
        source: of a policy: name under models/, folder or hub id, '' for none.
    """
    if not source:
        return ''
    folder = find_model(source) or Path(source)
    files = sorted([*folder.glob('*.safetensors'), *folder.glob('*.json')])
    files = [file for file in files if file.name != FILE_NAME]
    if not folder.is_dir() or not files:
        return ''
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
