"""The deployment: a cell, a policy and a task, real or simulated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.deployment.cell import KIND as CELLS
from vla_contract.deployment.meaning import meaning_sha256
from vla_contract.deployment.overrides import PARTS
from vla_contract.deployment.policy_file import (
    check_policy_file,
    FILE_NAME,
    find_policy_file,
    load_policy_file,
    PolicyFile,
)
from vla_contract.deployment.policy_file import (
    KIND as POLICIES,
)
from vla_contract.deployment.task import load_task, Task
from vla_contract.errors import ResourceNotFoundError, SettingError, UnknownNameError
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import config_names, find_config, model_names

KIND = 'deployments'
DEFAULT = 'panda_lift_cube'


@dataclass(frozen=True)
class DeploymentFile:
    """What the file of a deployment says: names of its parts, and what differs from them."""

    schema: int = setting(doc='version of this format', lower=1, upper=1)
    name: str = setting(doc='name of the deployment')
    cell: str = setting(doc='name under config/cells, or path of a file')
    policy: str = setting(doc='name under models/ or config/policies, folder, or path of a file')
    task: str = setting(doc='name under config/tasks, or path of a file')
    real: bool = setting(False, doc='a real robot, not a simulated one')
    overrides: dict[str, Any] | None = setting(
        None, doc='values that differ, by dotted path: robot., cell., policy. or task.'
    )
    allow_code: tuple[str, ...] = setting(
        (), doc='code that a checkpoint names and that may run: class paths, hub ids'
    )


@dataclass(frozen=True)
class Deployment:
    """What runs together; build it with `load_deployment`.

    Attributes:
        name: of the file.
        cell: robot, surroundings and cameras.
        policy: meaning of the policy's numbers, and how it is served.
        task: what is to be done.
        real: whether the robot is real.
        sha256: hash over the meaning of all of it.
        allow_code: code that a checkpoint names and that may run; all other is refused.
    """

    name: str
    cell: Cell
    policy: PolicyFile
    task: Task
    real: bool = False
    sha256: str = ''
    allow_code: tuple[str, ...] = ()


def load_deployment(
    deployment: str = DEFAULT,
    *,
    cell: str = '',
    policy: str = '',
    task: str = '',
    backend: str = '',
    source: str = '',
    overrides: Mapping[str, Any] | None = None,
    allow_code: Sequence[str] = (),
) -> Deployment:
    """Load a deployment, or with some of its parts replaced.

    Args:
        deployment: a name under config/deployments, or the path of a YAML file.
        cell: name or path of another cell, '' for the deployment's.
        policy: as `find_policy_file`; a checkpoint without a policy file takes the meaning of
            the deployment's policy. '' for the deployment's.
        task: name or path of another task, '' for the deployment's.
        backend: another one for the policy, '' for its own.
        source: another one for the policy, such as a remote that computes it, '' for its own.
        overrides: values by dotted path, after those of the file.
        allow_code: code that a checkpoint names and that may run, besides what the file allows.

    Raises:
        ContractError: a value is missing, unknown, out of range or contradicts another, or a
            policy file beside a checkpoint names code that is not allowed.
        ResourceNotFoundError: a file does not exist.
    """
    own = find_policy_file(policy) if policy else None
    path, file, changes = _read(deployment, {'cell': cell, 'policy': own, 'task': task})
    changes |= overrides or {}
    found_cell = load_cell(cell or _beside(file.cell, path), changes)
    found_task = load_task(task or file.task, changes, None if task else path.parent)
    if own is not None:
        found_policy = load_policy_file(own, policy, found_cell, changes)
    else:
        found_policy = _own_policy(file, path, found_cell, changes)
        if policy:
            found_policy = replace(found_policy, name=policy, source=policy, backend='lerobot')
    allowed = tuple(sorted({*file.allow_code, *allow_code}))
    if not backend and 'policy.backend' not in changes:
        _require_no_code(found_policy, own or find_policy_file(file.policy, path.parent), allowed)
    found_policy = replace(
        found_policy,
        backend=backend or found_policy.backend,
        source=source or found_policy.source,
    )
    found_policy = check_policy_file(found_policy, found_cell, f'policy {found_policy.name}')
    parts = [found_cell.sha256, found_policy.sha256, found_task.sha256, file.real]
    sha256 = meaning_sha256([*parts, allowed] if allowed else parts)
    return Deployment(file.name, found_cell, found_policy, found_task, file.real, sha256, allowed)


def load_cell_of(deployment: str = DEFAULT, cell: str = '') -> Cell:
    """Load the cell of a deployment, or another one; neither policy nor task is read.

    Raises:
        ContractError, ResourceNotFoundError: as `load_deployment`.
    """
    if cell:
        return load_cell(cell)
    path, file, changes = _read(deployment, {})
    return load_cell(_beside(file.cell, path), changes)


def _read(
    deployment: str, replaced: Mapping[str, object]
) -> tuple[Path, DeploymentFile, dict[str, Any]]:
    """Return the file and its overrides, without those of parts that are replaced."""
    path = find_config(KIND, deployment)
    file = build(DeploymentFile, load_yaml(path), str(path))
    changes = {}
    for name, value in (file.overrides or {}).items():
        part = name.partition('.')[0]
        if part not in PARTS:
            allowed = ', '.join(f'{word}.' for word in PARTS)
            raise SettingError(
                str(path), f'overrides.{name}', repr(part), f'a path from {allowed}'
            )
        if not replaced.get('cell' if part == 'robot' else part):
            changes[name] = value
    return path, file, changes


def _own_policy(
    file: DeploymentFile, path: Path, cell: Cell, changes: Mapping[str, Any]
) -> PolicyFile:
    found = find_policy_file(file.policy, path.parent)
    if found is None and '/' in file.policy:
        raise ResourceNotFoundError(
            f'policy file of deployment {file.name}', file.policy, 'write a vla_policy.yaml'
        )
    if found is None:
        known = {*model_names(), *config_names(POLICIES)}
        raise UnknownNameError('policy', file.policy, 'models or config/policies', known)
    return load_policy_file(found, file.policy, cell, changes)


def _require_no_code(policy: PolicyFile, path: Path | None, allow_code: Sequence[str]) -> None:
    """Refuse a backend that a checkpoint brings along: who downloads weights runs no code.

    Raises:
        SettingError: a vla_policy.yaml names module:factory.
    """
    is_beside_a_checkpoint = path is not None and path.name == FILE_NAME
    if is_beside_a_checkpoint and ':' in policy.backend and policy.backend not in allow_code:
        raise SettingError(
            str(path),
            'backend',
            repr(policy.backend),
            'a name; a file beside a checkpoint does not choose what code runs: --backend '
            f'{policy.backend}, or --allow-code {policy.backend}',
        )


def _beside(name: str, file: Path) -> str:
    """Return a path that stands in a file, as seen from the working directory."""
    return str(find_config(CELLS, name, file.parent))
