"""Does a checkpoint fit its deployment? Shapes, rate and statistics, before any motion."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyMismatchError
from vla_lerobot.checkpoints.inputs import fit_inputs, FittingInputs, given_inputs, listed, Shapes
from vla_lerobot.features import ACTION
from vla_lerobot.instruction_embedding import ENVIRONMENT_STATE

# What LeRobot reads in each mode; anything else in the statistics has no effect.
_READ = {
    'MEAN_STD': ('mean', 'std'),
    'MIN_MAX': ('min', 'max'),
    'QUANTILES': ('q01', 'q99'),
    'QUANTILE10': ('q10', 'q90'),
}


def check_features(
    deployment: Deployment,
    source: str,
    config: Any,
    embedding: int,
    renames: Mapping[str, str] | None = None,
) -> FittingInputs:
    """Compare a checkpoint's features with those of the policy file by name and shape.

    Args:
        deployment: names and cameras of its policy.
        source: the checkpoint, for the error.
        config: LeRobot's configuration of the policy.
        embedding: length of the instruction's embedding, 0 for a policy that takes none.
        renames: what its pre-processor renames, from `inputs.rename_map`.

    Returns:
        The inputs that both have, with notes on those that LeRobot copes with.

    Raises:
        PolicyMismatchError: a feature differs; says what was found and what is allowed.
    """
    given = given_inputs(deployment)
    if embedding:
        given[ENVIRONMENT_STATE] = (embedding,)
    inputs = fit_inputs(deployment, source, config, given, renames or {})
    found: Shapes = {key: tuple(of.shape) for key, of in config.output_features.items()}
    outputs: Shapes = {ACTION: (len(deployment.policy.action_names),)}
    if found != outputs:
        raise PolicyMismatchError(
            f'{source}: outputs do not fit the policy file: the checkpoint has {listed(found)}; '
            f'the policy file gives {listed(outputs)}'
        )
    return inputs


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


def check_statistics(
    source: str, preprocess: Any, postprocess: Any, given: Mapping[str, int] | None = None
) -> None:
    """Check that everything a checkpoint normalises has finite statistics of the right width.

    LeRobot passes values through unchanged when statistics stand under another key, and
    broadcasts silently when their width is 1; both drive the arm with wrong numbers.

    Args:
        source: the checkpoint, for the error.
        preprocess: LeRobot's pipeline from observation to network.
        postprocess: LeRobot's pipeline from network to actions.
        given: width of each input that it will be given; others are never normalised. None
            takes what its steps say, which in fine-tunes may be the base model's.

    Raises:
        PolicyMismatchError: statistics are missing, not finite, or of another width.
    """
    for key, entry, names, width in normalised(preprocess):
        if key != ACTION and (given is None or key in given):  # it stands there for training
            width = given[key] if given else width
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
