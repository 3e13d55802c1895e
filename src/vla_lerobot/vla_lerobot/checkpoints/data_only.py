"""A checkpoint is data: what in its files would run code is refused before anything is imported.

LeRobot imports the class that a step of `policy_preprocessor.json` names by its path, whatever it
is (huggingface/lerobot issue 4219), and PEFT the module that an adapter names.
"""

from collections.abc import Collection
import json
from pathlib import Path
from typing import Any

from vla_contract.errors import nearest, PolicyError
from vla_lerobot.checkpoints.errors import CodeInCheckpointError

_PIPELINES = ('policy_preprocessor.json', 'policy_postprocessor.json')
_ADAPTER = 'adapter_config.json'
_OWN_STEPS = "steps by a registry_name of LeRobot's"


def require_data_only(folder: Path, source: str, allow_code: Collection[str] = ()) -> None:
    """Refuse a checkpoint that names code; nothing is imported.

    Args:
        folder: of the checkpoint.
        source: what the user calls it, for the error.
        allow_code: classes that may run, by the path that the checkpoint writes.

    Raises:
        CodeInCheckpointError: a step is a class by its path, or an adapter names a module.
        PolicyError: a file is damaged, or names one outside the folder.
    """
    for file in _PIPELINES:
        for number, step in enumerate(_steps(folder / file, source)):
            where = f"checkpoint '{source}': step {number} of {file}"
            if 'registry_name' not in step and step.get('class') not in allow_code:
                raise CodeInCheckpointError(where, f'{step.get("class")}', _OWN_STEPS)
            state = step.get('state_file')
            if state is not None and Path(str(state)).name != state:
                raise PolicyError(
                    f"{where}: state_file: found '{state}'; allowed: a file of the same folder"
                )
    adapter = _read(folder / _ADAPTER, source)
    if adapter.get('megatron_config') is not None:  # PEFT then imports it
        module = f'{adapter.get("megatron_core")}'
        if module not in allow_code:
            where = f"checkpoint '{source}': megatron_core in {_ADAPTER}"
            raise CodeInCheckpointError(where, module, 'adapters without megatron_config')


def require_known_steps(folder: Path, source: str, allow_code: Collection[str] = ()) -> None:
    """Refuse steps by names that LeRobot itself does not have; call it after LeRobot's import.

    Args:
        folder: of the checkpoint, as `require_data_only` accepted it.
        source: what the user calls it, for the error.
        allow_code: names of others that may run.

    Raises:
        CodeInCheckpointError: the name belongs to code that is not LeRobot's.
        PolicyError: nothing has that name.
    """
    from lerobot.processor import ProcessorStepRegistry

    known = ProcessorStepRegistry.list()
    for file in _PIPELINES:
        for number, step in enumerate(_steps(folder / file, source)):
            name = step.get('registry_name')
            where = f"checkpoint '{source}': step {number} of {file}"
            if name is None or name in allow_code:
                continue
            if name not in known:
                known_names = nearest(str(name), known)
                raise PolicyError(f"{where}: LeRobot has no step '{name}'; {known_names}")
            if not ProcessorStepRegistry.get(name).__module__.startswith('lerobot.'):
                raise CodeInCheckpointError(where, name, _OWN_STEPS)


def _steps(path: Path, source: str) -> list[dict[str, Any]]:
    steps = _read(path, source).get('steps', [])
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise PolicyError(
            f"checkpoint '{source}': steps of {path.name} are damaged; allowed: a list of sections"
        )
    return steps


def _read(path: Path, source: str) -> dict[str, Any]:
    """Return a file's JSON, empty where there is none: what is missing is found on loading."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise PolicyError(f"checkpoint '{source}': {path.name} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise PolicyError(
            f"checkpoint '{source}': {path.name}: found {type(content).__name__}; allowed: "
            'an object'
        )
    return content
