"""Does a checkpoint fit its deployment? Shapes, rate and statistics, before any motion."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyMismatchError
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.instruction_embedding import ENVIRONMENT_STATE

Shapes = dict[str, tuple[int, ...]]

# What LeRobot reads in each mode; anything else in the statistics has no effect.
_READ = {
    'MEAN_STD': ('mean', 'std'),
    'MIN_MAX': ('min', 'max'),
    'QUANTILES': ('q01', 'q99'),
    'QUANTILE10': ('q10', 'q90'),
}


def check_features(deployment: Deployment, source: str, config: Any, embedding: int) -> None:
    """Compare a checkpoint's features with those of the policy file by name and shape.

    Args:
        deployment: names and cameras of its policy.
        source: the checkpoint, for the error.
        config: LeRobot's configuration of the policy.
        embedding: length of the instruction's embedding, 0 for a policy that takes none.

    Raises:
        PolicyMismatchError: a feature differs; says what was found and what is allowed.
    """
    policy = deployment.policy
    inputs: Shapes = {STATE: (len(policy.state_names),)}
    for camera in policy.cameras:
        inputs[camera.feature] = (3, camera.height, camera.width)
    if embedding:
        inputs[ENVIRONMENT_STATE] = (embedding,)
    _compare(source, 'inputs', inputs, _shapes(config.input_features))
    outputs: Shapes = {ACTION: (len(policy.action_names),)}
    _compare(source, 'outputs', outputs, _shapes(config.output_features))


def check_rate(deployment: Deployment, source: str, manifest: dict[str, Any]) -> None:
    """Compare the rate a checkpoint was trained at, where it records one, with the file's.

    Raises:
        PolicyMismatchError: the rates differ: the arm would move too fast or too slowly.
    """
    policy = deployment.policy
    trained_fps = manifest.get('fps', policy.rate_hz)
    if trained_fps != policy.rate_hz:
        raise PolicyMismatchError(
            f'{source}: fps: the checkpoint was trained at {trained_fps:g} Hz, '
            f'the file of policy {policy.name} has {policy.rate_hz:g} Hz'
        )


def check_statistics(source: str, preprocess: Any, postprocess: Any) -> None:
    """Check that everything a checkpoint normalises has finite statistics of the right width.

    LeRobot passes values through unchanged when statistics stand under another key, and
    broadcasts silently when their width is 1; both drive the arm with wrong numbers.

    Raises:
        PolicyMismatchError: statistics are missing, not finite, or of another width.
    """
    for key, entry, names, width in normalised(preprocess):
        if key != ACTION:  # it stands there for training
            _check_entry(f'{source}: normaliser', key, entry, names, width)
    for key, entry, names, width in normalised(postprocess):
        if key == ACTION:
            _check_entry(f'{source}: un-normaliser', key, entry, names, width)


def normalised(pipeline: Any) -> Iterator[tuple[str, dict[str, Any], tuple[str, ...], int]]:
    """Yield what a pipeline (un-)normalises: key, statistics, their names in use, and width."""
    for step in pipeline.steps:
        for key, feature in getattr(step, 'features', {}).items():
            mode = getattr(step, 'norm_map', {}).get(feature.type)
            if mode is not None and mode.name in _READ:
                entry = dict((step.stats or {}).get(key) or {})
                yield key, entry, _READ[mode.name], feature.shape[0]


def _check_entry(
    what: str, key: str, entry: dict[str, Any], names: tuple[str, ...], width: int
) -> None:
    for name in names:
        if name not in entry:
            known = ', '.join(entry) or 'none'
            raise PolicyMismatchError(f'{what} has no statistics {key}.{name}; it has: {known}')
        values = np.asarray(entry[name], dtype=np.float64)
        if values.size != width:
            raise PolicyMismatchError(
                f'{what} statistics {key}.{name} have width {values.size}; allowed: {width}'
            )
        if not np.isfinite(values).all():
            raise PolicyMismatchError(f'{what} statistics {key}.{name} are not finite')


def _shapes(features: dict[str, Any]) -> Shapes:
    return {key: tuple(feature.shape) for key, feature in features.items()}


def _compare(source: str, what: str, expected: Shapes, found: Shapes) -> None:
    if expected == found:
        return
    raise PolicyMismatchError(
        f'{source}: {what} do not fit the policy file: the checkpoint has {_list(found)}; '
        f'the policy file gives {_list(expected)}'
    )


def _list(shapes: Shapes) -> str:
    return ', '.join(f'{key} {list(shape)}' for key, shape in sorted(shapes.items()))
