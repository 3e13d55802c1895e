"""What a checkpoint looks at against what its policy file gives, and what LeRobot copes with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyMismatchError
from vla_lerobot.features import STATE

Shapes = dict[str, tuple[int, ...]]

_EMPTY_CAMERA = re.compile(r'observation\.images\.empty_camera_(\d+)')
# Types whose code goes on when the batch lacks a camera: prepare_images of smolvla, pi0, pi05 and
# pi0_fast takes the keys that are there, _prepare_images of xvla pads the number of views. All of
# them fail without any.
_GO_WITHOUT = ('pi0', 'pi05', 'pi0_fast', 'smolvla', 'xvla')
# Fields of LeRobot's configurations that say: this policy fits images to its own size.
_RESIZES = ('resize_imgs_with_padding', 'image_resolution', 'resize_shape', 'image_size')


@dataclass(frozen=True)
class FittingInputs:
    """Inputs that a policy file gives and a checkpoint takes.

    Attributes:
        widths: numbers of a vector, or channels of an image, by the checkpoint's name of it.
        notes: what is renamed, missing or of another size, and who copes with it.
    """

    widths: Mapping[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Difference:
    """One input that differs; harmless where LeRobot's own code copes with it."""

    text: str
    is_harmless: bool


def rename_map(folder: Path) -> dict[str, str]:
    """Return what the pre-processor of a checkpoint renames: old to new name of an input."""
    path = folder / 'policy_preprocessor.json'
    steps = json.loads(path.read_text()).get('steps', []) if path.is_file() else []
    renames: dict[str, str] = {}
    for step in steps:
        if step.get('registry_name') == 'rename_observations_processor':
            then = dict(step.get('config', {}).get('rename_map') or {})
            # A second step renames what the first has renamed.
            renames = {old: then.pop(new, new) for old, new in renames.items()} | then
    return renames


def fit_inputs(
    deployment: Deployment,
    source: str,
    config: Any,
    given: Shapes,
    renames: Mapping[str, str],
) -> FittingInputs:
    """Compare inputs by name and shape.

    Args:
        deployment: cell and policy, for what to add.
        source: the checkpoint, for the error.
        config: LeRobot's configuration of the policy.
        given: shape of each input that the policy file gives, images as (3, H, W).
        renames: old to new name, as `rename_map` returns them.

    Raises:
        PolicyMismatchError: an input differs and LeRobot's code does not cope with it; says what
            was found, what is allowed, and how a missing camera is added.
    """
    old_names = _old_names(source, given, renames)
    found = {new: given[old] for new, old in old_names.items()}
    wanted: Shapes = {key: tuple(of.shape) for key, of in config.input_features.items()}
    differences = [
        *(_unknown(key, config) for key in found if key not in wanted),
        *(
            _other_shape(key, found[key], wanted[key], config)
            for key in found
            if found[key] != wanted.get(key, found[key])
        ),
        *(_missing(deployment, key, set(found), config) for key in wanted if key not in found),
    ]
    refused = [difference.text for difference in differences if not difference.is_harmless]
    if refused:
        raise PolicyMismatchError(
            f'{source}: inputs do not fit the policy file: the checkpoint has '
            f'{listed(wanted)}; the policy file gives {listed(found)}; {"; ".join(refused)}'
        )
    renamed = [
        f'{old}: renamed to {new} by the checkpoint'
        for new, old in old_names.items()
        if new != old
    ]
    notes = (*renamed, *(difference.text for difference in differences if difference.text))
    return FittingInputs({key: shape[0] for key, shape in found.items()}, notes)


def fits_images(config: Any) -> bool:
    """Return whether a policy fits images of any size to its own.

    Args:
        config: LeRobot's configuration of the policy.
    """
    return any(getattr(config, name, None) is not None for name in _RESIZES)


def given_inputs(deployment: Deployment) -> Shapes:
    """Return the shape of each input that a policy file gives, images as (3, H, W)."""
    policy = deployment.policy
    images = {key: (3, *size) for key, size in policy.image_sizes.items()}
    return {STATE: (len(policy.state_names),), **images}


def listed(shapes: Shapes) -> str:
    """Return names and shapes in words."""
    return ', '.join(f'{key} {list(shape)}' for key, shape in sorted(shapes.items()))


def _old_names(source: str, given: Shapes, renames: Mapping[str, str]) -> dict[str, str]:
    """Return the policy file's name of each input by the name that the network sees."""
    old_names: dict[str, str] = {}
    for old in given:
        new = renames.get(old, old)
        if new in old_names:
            raise PolicyMismatchError(
                f'{source}: {new}: found two inputs of the policy file, {old_names[new]} and '
                f'{old}, since the checkpoint renames {", ".join(_arrows(renames))}; allowed: one'
            )
        old_names[new] = old
    return old_names


def _arrows(renames: Mapping[str, str]) -> Iterator[str]:
    return (f'{old} to {new}' for old, new in renames.items())


def _unknown(key: str, config: Any) -> _Difference:
    """Judge an input that the checkpoint does not take."""
    if key == STATE:
        return _Difference(f'{key}: this {config.type} policy does not look at it', True)
    return _Difference(f'it does not look at {key}', False)


def _missing(deployment: Deployment, key: str, found: set[str], config: Any) -> _Difference:
    """Judge an input that the policy file does not give."""
    images = _images(config)
    if key not in images:
        return _Difference(f'it wants {key}', False)
    if images & found:
        empty = _EMPTY_CAMERA.fullmatch(key)
        if empty and int(empty[1]) < getattr(config, 'empty_cameras', 0):
            return _Difference('', True)  # LeRobot's own: the configuration says that it is none
        if config.type in _GO_WITHOUT:
            text = f'{key}: the policy file gives no camera; {config.type} goes on without it'
            return _Difference(text, True)
    names = ', '.join(camera.name for camera in deployment.cell.cameras)
    _, height, width = config.input_features[key].shape
    return _Difference(
        f'it looks at {key}: add {{camera: NAME, feature: {key}, width: {width}, height: '
        f'{height}, resize: crop}} to cameras of the policy file, NAME one of {names}, or '
        f'{{feature: {key}, width: {width}, height: {height}}} to its black_images',
        False,
    )


def _other_shape(
    key: str, found: tuple[int, ...], wanted: tuple[int, ...], config: Any
) -> _Difference:
    """Judge an input that both have, with another shape."""
    text = f'{key}: found {list(found)} in the policy file, {list(wanted)} in the checkpoint'
    if key in _images(config) and found[0] == wanted[0] and fits_images(config):
        return _Difference(f'{text}; {config.type} fits images to its own size', True)
    # Fine-tunes keep the input features of their base model; LeRobot pads the vector itself.
    most = getattr(config, 'max_state_dim', None)
    if key == STATE and most is not None and found[0] <= most:
        return _Difference(f'{text}; {config.type} pads it to {most}', True)
    return _Difference(text, False)


def _images(config: Any) -> set[str]:
    return {key for key, of in config.input_features.items() if of.type.name == 'VISUAL'}
