"""The task: what the policy is told to do, for how long, and how the simulator judges it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vla_contract.deployment.meaning import with_hash
from vla_contract.deployment.overrides import overridden
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import find_config

KIND = 'tasks'


@dataclass(frozen=True)
class Task:
    """A task; build it with `load_task`. What `simulation` may hold, vla_sim_bridge says."""

    schema: int = setting(doc='version of this format', lower=1, upper=1)
    name: str = setting(doc='name of the task')
    instruction: str = setting(doc='task text for the policy')
    time_limit_s: float = setting(
        doc='an episode fails after this', unit='s', lower=0.1, upper=3600.0
    )
    simulation: dict[str, Any] = field(
        default_factory=dict, metadata={'doc': 'objects, placement and success in the simulator'}
    )
    folder: str = setting('', doc='of the file, where its own files are found; filled on load')
    sha256: str = setting('', doc='hash of the meaning, filled on load')


def load_task(
    task: str, overrides: Mapping[str, Any] | None = None, beside: Path | None = None
) -> Task:
    """Load and validate a task.

    Args:
        task: a name under config/tasks, or the path of a YAML file.
        overrides: values by dotted path, such as `task.time_limit_s`.
        beside: folder from which a path counts, besides the working directory.

    Raises:
        ContractError: a value is missing, unknown or out of range.
        ResourceNotFoundError: there is no such file.
    """
    path = find_config(KIND, task, beside)
    values = overridden(load_yaml(path), 'task', overrides)
    found = build(Task, values, str(path))
    return with_hash(replace(found, folder=str(path.parent.resolve())))
