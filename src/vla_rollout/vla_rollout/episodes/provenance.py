"""What a record must say so that it can be understood in a year."""

import argparse
import hashlib
from pathlib import Path
from typing import Any

from vla_contract.cameras.calibration_file import find_calibration, load_calibration
from vla_contract.contract import RobotContract
from vla_contract.errors import UnknownNameError
from vla_contract.share import find_model
from vla_rollout.diagnosis.healthy import FILE_NAME


def provenance(contract: RobotContract, args: argparse.Namespace) -> dict[str, Any]:
    """Return hashes and names of robot, cameras, policy and world of a run.

    Args:
        contract: the robot.
        args: arguments of rollout or simulate.
    """
    return {
        'robot': contract.name,
        'contract_sha256': contract.sha256,
        'calibration_ids': calibration_ids(contract),
        'policy': args.policy,
        'policy_sha256': policy_sha256(args.policy),
        'backend': args.backend,
        'world': args.world,
        'randomization': args.randomization,
    }


def calibration_ids(contract: RobotContract) -> dict[str, str]:
    """Return which calibration each camera has, '' for one that was never calibrated.

    Raises:
        ContractError: a calibration file is broken.
    """
    return {c.name: _calibration_id(contract.name, c.name) for c in contract.cameras}


def _calibration_id(robot: str, camera: str) -> str:
    try:
        path = find_calibration(robot, camera)
    except UnknownNameError:
        return ''
    return load_calibration(path).id


def policy_sha256(policy: str) -> str:
    """Return the hash of a checkpoint's weights and configuration, '' for what is no folder.

    What was learned of its healthy episodes is no part of the checkpoint.
    """
    folder = find_model(policy) or Path(policy)
    files = sorted([*folder.glob('*.safetensors'), *folder.glob('*.json')])
    files = [file for file in files if file.name != FILE_NAME]
    if not folder.is_dir() or not files:
        return ''
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
