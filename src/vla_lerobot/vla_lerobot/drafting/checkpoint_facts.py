"""What the files of a LeRobot checkpoint say; nothing of it runs, and no weight is read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from vla_contract.errors import PolicyError
from vla_lerobot.checkpoints.inputs import rename_map
from vla_lerobot.checkpoints.manifest import MANIFEST
from vla_lerobot.features import ACTION, STATE

_PREPROCESSOR, _POSTPROCESSOR = 'policy_preprocessor.json', 'policy_postprocessor.json'
_EMPTY = 'empty_camera'
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class CheckpointFacts:
    """What a checkpoint says of itself.

    Attributes:
        kind: type of the policy.
        widths: numbers of state and action, by key; without those that it does not have.
        cameras: width and height of its images by feature, as a dataset names them [px].
        statistics: of state and action, by key; without those of relative actions.
        action_names: of the action's numbers, None where they are not recorded.
        manifest: what our training commands wrote.
        dataset: that it was trained on: hub id or folder, '' where that is not recorded.
        is_relative: whether LeRobot adds the state to what the network answers.
        env_hz: rate of the environment it was trained for, None without one.
    """

    kind: str
    widths: Mapping[str, int]
    cameras: Mapping[str, tuple[int, int]]
    statistics: Mapping[str, Entry]
    action_names: tuple[str, ...] | None
    manifest: Entry
    dataset: str
    is_relative: bool
    env_hz: float | None


def read_checkpoint(folder: Path, source: str) -> CheckpointFacts:
    """Read the files of a checkpoint.

    Args:
        folder: that has a config.json.
        source: what the user calls it, for errors.

    Raises:
        PolicyError: a file is damaged, or the configuration describes no inputs and outputs.
    """
    config = _json(folder / 'config.json', source)
    before, after = (_json(folder / name, source) for name in (_PREPROCESSOR, _POSTPROCESSOR))
    training = _json(folder / 'train_config.json', source)
    features = _features(config, source)
    shapes = {key: feature['shape'] for key, feature in features.items()}
    renames = rename_map(folder) or dict(training.get('rename_map') or {})
    renamed = {new: old for old, new in renames.items()}
    images = (key for key, feature in features.items() if feature.get('type') == 'VISUAL')
    is_relative = any(
        step.get('registry_name') == 'relative_actions_processor' and _said(step).get('enabled')
        for step in _steps(before)
    )
    statistics = {STATE: _statistics(folder, before, STATE, source)}
    if not is_relative:
        statistics[ACTION] = _statistics(folder, after, ACTION, source)
    return CheckpointFacts(
        kind=str(config.get('type', '')),
        widths={key: int(shapes[key][0]) for key in (STATE, ACTION) if key in shapes},
        cameras={
            renamed.get(key, key): (int(shapes[key][2]), int(shapes[key][1]))
            for key in images
            if _EMPTY not in key
        },
        statistics=statistics,
        action_names=_names(config.get('action_feature_names')),
        manifest=_json(folder / MANIFEST, source),
        dataset=_dataset(training),
        is_relative=is_relative,
        env_hz=_rate((training.get('env') or {}).get('fps')),
    )


def _features(config: Entry, source: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in ('input_features', 'output_features'):
        features = config.get(key)
        is_whole = isinstance(features, dict) and all(
            isinstance(feature, dict) and _is_shape(feature.get('shape'), feature.get('type'))
            for feature in features.values()
        )
        if not is_whole or not features:
            raise PolicyError(
                f"checkpoint '{source}': {key} of config.json: found {str(features)[:80]}; "
                'allowed: features with type and shape, as LeRobot writes them'
            )
        found |= features
    if ACTION not in found:
        raise PolicyError(
            f"checkpoint '{source}': output_features of config.json: found "
            f'{", ".join(config["output_features"])}; allowed: {ACTION}'
        )
    return found


def _is_shape(shape: Any, kind: Any) -> bool:
    size = 3 if kind == 'VISUAL' else 1
    return isinstance(shape, list) and len(shape) >= size and all(type(n) is int for n in shape)


def _statistics(folder: Path, pipeline: Entry, key: str, source: str) -> Entry:
    """Return what the normalisers of a pipeline keep of a key, from their files."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    found: dict[str, Any] = {}
    for step in _steps(pipeline):
        file = step.get('state_file')
        # A name alone: no checkpoint says which files elsewhere are read.
        if not isinstance(file, str) or Path(file).name != file or not (folder / file).is_file():
            continue
        try:
            tensors = load_file(folder / file)
        except (OSError, SafetensorError) as error:
            raise PolicyError(f"checkpoint '{source}': {file} cannot be read: {error}") from error
        prefix = f'{key}.'
        found |= {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}
    return found


def _steps(pipeline: Entry) -> Iterator[Entry]:
    steps = pipeline.get('steps')
    yield from (
        (step for step in steps if isinstance(step, dict)) if isinstance(steps, list) else ()
    )


def _said(step: Entry) -> Entry:
    config = step.get('config')
    return config if isinstance(config, dict) else {}


def _dataset(training: Entry) -> str:
    dataset = training.get('dataset')
    if not isinstance(dataset, dict):
        return ''
    return str(dataset.get('root') or dataset.get('repo_id') or '')


def _names(names: Any) -> tuple[str, ...] | None:
    return tuple(map(str, names)) if isinstance(names, list) and names else None


def _rate(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value > 0 else None


def _json(path: Path, source: str) -> dict[str, Any]:
    """Return a file's JSON, empty where there is none.

    Raises:
        PolicyError: it is no JSON object.
    """
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise PolicyError(f"checkpoint '{source}': {path.name} cannot be read: {error}") from error
    if not isinstance(content, dict):
        found = type(content).__name__
        raise PolicyError(f"checkpoint '{source}': {path.name}: found {found}; allowed: an object")
    return content
