"""Does a checkpoint fit the contract? Names, shapes, rate and statistics, before any motion."""

from typing import Any

import numpy as np
from vla_contract.contract import RobotContract
from vla_contract.errors import PolicyError
from vla_contract.instruction_embedding import ENVIRONMENT_STATE
from vla_policy_server.backends.manifest import read_manifest

STATE, ACTION = 'observation.state', 'action'
Shapes = dict[str, tuple[int, ...]]


def expected_inputs(contract: RobotContract, embedding: int) -> Shapes:
    """Return the input features a policy of this contract has, with shapes.

    Args:
        contract: names and cameras.
        embedding: length of the instruction's embedding, 0 for a policy that takes none.
    """
    shapes: Shapes = {STATE: (len(contract.state.names),)}
    for camera in contract.cameras:
        shapes[camera.feature] = (3, camera.policy_height, camera.policy_width)
    if embedding:
        shapes[ENVIRONMENT_STATE] = (embedding,)
    return shapes


def check_features(contract: RobotContract, source: str, config: Any, embedding: int = 0) -> None:
    """Compare a checkpoint's features with the contract by name and shape.

    The joint names behind a vector are compared where the checkpoint records them
    (vla_manifest.json, written by our training commands).

    Raises:
        PolicyError: names the first feature that differs, with found and allowed.
    """
    _compare(
        source, 'inputs', expected_inputs(contract, embedding), _shapes(config.input_features)
    )
    outputs: Shapes = {ACTION: (len(contract.action.names),)}
    _compare(source, 'outputs', outputs, _shapes(config.output_features))
    manifest = read_manifest(source)
    if not manifest:
        return
    for key, names in (
        ('state_names', contract.state.names),
        ('action_names', contract.action.names),
    ):
        if tuple(manifest[key]) != names:
            raise PolicyError(
                f'{source}: {key}: the checkpoint was trained with {", ".join(manifest[key])}; '
                f'contract {contract.name} has {", ".join(names)}'
            )
    if manifest['fps'] != contract.action.fps:
        raise PolicyError(
            f'{source}: fps: the checkpoint was trained at {manifest["fps"]:g} Hz, '
            f'contract {contract.name} has {contract.action.fps:g} Hz'
        )


def check_statistics(
    contract: RobotContract, source: str, preprocess: Any, postprocess: Any
) -> None:
    """Check that state and action statistics exist with the right width.

    LeRobot passes values through unchanged when statistics stand under another key, and
    broadcasts silently when their width is 1; both drive the arm with wrong numbers.

    Raises:
        PolicyError: statistics are missing or have another width.
    """
    for what, pipeline, key, width in (
        ('normaliser', preprocess, STATE, len(contract.state.names)),
        ('un-normaliser', postprocess, ACTION, len(contract.action.names)),
    ):
        for step in pipeline.steps:
            if not hasattr(step, 'norm_map') or _is_identity(step, key):
                continue
            entry = (step.stats or {}).get(key)
            if not entry:
                known = ', '.join(step.stats or {}) or 'none'
                raise PolicyError(f'{source}: {what} has no statistics of {key}; it has: {known}')
            for name in ('mean', 'std', 'min', 'max'):
                found = np.size(entry[name]) if name in entry else width
                if found != width:
                    raise PolicyError(
                        f'{source}: {what} statistics {key}.{name} have width {found}, '
                        f'contract {contract.name} has {width}'
                    )


def _is_identity(step: Any, key: str) -> bool:
    feature = step.features.get(key)
    mode = step.norm_map.get(feature.type) if feature else None
    return mode is None or mode.name == 'IDENTITY'


def _shapes(features: dict[str, Any]) -> Shapes:
    return {key: tuple(feature.shape) for key, feature in features.items()}


def _compare(source: str, what: str, expected: Shapes, found: Shapes) -> None:
    if expected == found:
        return
    raise PolicyError(
        f'{source}: {what} do not fit the contract: the checkpoint has {_list(found)}; '
        f'the contract gives {_list(expected)}'
    )


def _list(shapes: Shapes) -> str:
    return ', '.join(f'{key} {list(shape)}' for key, shape in sorted(shapes.items()))
