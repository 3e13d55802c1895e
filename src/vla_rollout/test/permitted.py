"""What tests permit to move: a policy, the facts of a run, and a preflight.json of it."""

from datetime import datetime, UTC
from pathlib import Path
from typing import Any

from vla_contract.cli.command import write_json
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_rollout.preflight.seal import sealed

CALIBRATIONS = {'top': 'board of May'}


def identity(**changes: str) -> PolicyIdentity:
    values = {
        'policy': 'reach', 'backend': 'lerobot', 'source': 'models/reach', 'precision': '',
        'content_sha256': 'a' * 64, 'policy_file_sha256': 'b' * 64, 'cell_sha256': 'c' * 64,
        'deployment_sha256': 'd' * 64,
    }  # fmt: skip
    return PolicyIdentity(**{**values, **changes})


def unknown(**changes: str) -> PolicyIdentity:
    return identity(content_sha256='', unknown='ws://gpu does not say what it serves', **changes)


def facts(policy: PolicyIdentity | None = None, **changes: Any) -> dict[str, Any]:
    policy = policy or identity()
    values = {
        'cell_sha256': 'c' * 64,
        'calibration_ids': CALIBRATIONS,
        'description_sha256': 'e' * 64,
        'policy_sha256': policy.sha256,
        'identity': policy.to_dict(),
    }
    return {**values, **changes}


def write_preflight(path: Path, **changes: Any) -> Path:
    """Write what preflight writes, as far as gates read it."""
    values = {'passed': True, 'date': datetime.now(UTC).isoformat(), **facts(), **changes}
    write_json(path, sealed(values))
    return path
