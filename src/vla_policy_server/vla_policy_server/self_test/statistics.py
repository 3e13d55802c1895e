"""Statistics of a checkpoint: are they of these joints, can they be divided by, do they agree?"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from vla_contract.values import Vector
from vla_contract.vectors.component import JOINT_POSITION
from vla_contract.vectors.scale import VectorScale
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.checkpoints.checks import normalised
from vla_lerobot.drafting.numbers import Numbers, ranges_of
from vla_lerobot.drafting.quantities import are_moves
from vla_lerobot.features import ACTION, STATE
from vla_policy_server.self_test.found import Found, judge, skip, warn
from vla_policy_server.self_test.relative_actions import relative_numbers
from vla_policy_server.self_test.subject import Subject
from vla_policy_server.self_test.units import beyond_limits

# Smaller than the noise of any encoder, which would fill the whole range of what is normalised.
_LEAST_SPAN = 1e-6
# By which LeRobot's eps divides where a span is 0: lerobot/processor/normalize_processor.py.
_EPS = 1e-8
# Statistics are written as float32, and those of both pipelines are the same numbers.
_SAME = 1e-4
_KINDS = (('STATE', 'preprocess'), ('VISUAL', 'preprocess'), ('ACTION', 'postprocess'))
Entry = Mapping[str, Any]


def statistics_fit_the_joints(subject: Subject) -> Found:
    """Compare mean, extremes and spans of state and action with every joint's limits."""
    checkpoint = subject.checkpoint
    if checkpoint is None:
        return skip('the backend does not show its statistics')
    codec = codec_of(subject)
    state, action = used(subject, STATE), used(subject, ACTION)
    problems = [
        *_missing_steps(subject),
        *_beyond(subject, 'state', STATE, state, codec.state),
        *_beyond(subject, 'action', ACTION, action, codec.action),
        *_moves(subject, state, action),
        *_disagreeing(subject, action, codec.action),
        *_spans(STATE, state, codec.state, 'preprocess', subject),
    ]
    remarks = list(_spans(ACTION, action, codec.action, 'postprocess', subject))
    turned = [text for text in remarks if 'negative' in text]
    problems += turned
    remarks = [text for text in remarks if text not in turned]
    if remarks and not problems:
        return warn('; '.join(remarks[:3]))
    found = '; '.join(problems[:3]) or 'every mean and extreme lies inside its joint limits'
    return judge(not problems, found)


def used(subject: Subject, key: str) -> Entry:
    """Return the statistics that a checkpoint (un-)normalises a vector with, empty without any."""
    assert subject.checkpoint is not None
    pipeline = subject.checkpoint.postprocess if key == ACTION else subject.checkpoint.preprocess
    return next((entry for name, entry, _, _ in normalised(pipeline) if name == key), {})


def codec_of(subject: Subject) -> VectorCodec:
    """Return what the numbers of a checkpoint mean, in its own order."""
    names = subject.checkpoint.names if subject.checkpoint else None
    return VectorCodec(
        subject.deployment, names.state if names else (), names.action if names else ()
    )


def _beyond(
    subject: Subject, part: str, key: str, entry: Entry, scale: VectorScale
) -> Iterator[str]:
    """Name statistics of positions outside the limits, and of offsets beyond a whole range."""
    deployment, checkpoint = subject.deployment, subject.checkpoint
    if checkpoint is None or (
        part == 'action' and deployment.policy.action_kind != JOINT_POSITION
    ):
        return
    is_offset = relative_numbers(checkpoint) if part == 'action' else np.zeros(scale.width, bool)
    ranges = dict(zip(deployment.cell.joint_names, subject.ranges, strict=True))
    for name in ('mean', 'min', 'max', 'q01', 'q99'):
        if name not in entry:
            continue
        values = np.asarray(entry[name], dtype=np.float64)
        for text in beyond_limits(deployment, part, scale, values):
            joint = text.split(' ', 1)[0]
            if not is_offset[scale.names.index(joint)]:
                yield f'{key}.{name} of {text}'
        for index in np.flatnonzero(is_offset):
            joint, move = scale.names[index], abs(values[index] * scale.sizes[index])
            if move > ranges[joint]:
                yield (
                    f'{key}.{name} of {joint} is {values[index]:.2f} from where it was seen, more '
                    'than its range: other units?'
                )


def _moves(subject: Subject, state: Entry, action: Entry) -> Iterator[str]:
    """Say where actions that are declared positions have the statistics of moves."""
    checkpoint, policy = subject.checkpoint, subject.deployment.policy
    if checkpoint is None or policy.action_kind != JOINT_POSITION:
        return
    own = checkpoint.names
    if own.state != own.action or relative_numbers(checkpoint).any():
        return
    width = len(own.state)
    seen, wanted = (Numbers(width, **ranges_of(entry, width)) for entry in (state, action))
    cell = subject.deployment.cell
    arm = {cell.joint_names[i] for i in cell.arm}
    places = [i for i, name in enumerate(own.action) if name in arm]
    if are_moves(seen, wanted, places):
        yield (
            'the actions lie around 0, far from the states: are these velocities or deltas? '
            'quantity: joint_velocity, joint_delta or joint_relative_to_state'
        )


def _spans(
    key: str, entry: Entry, scale: VectorScale, pipeline: str, subject: Subject
) -> Iterator[str]:
    """Name spans that LeRobot divides or multiplies by and that are none."""
    for low, high, what in _spans_in_use(getattr(subject.checkpoint, pipeline), key):
        if high not in entry or (low and low not in entry):
            continue
        span = np.asarray(entry[high], dtype=np.float64) - np.asarray(entry.get(low, 0.0))
        for joint, one, size in zip(scale.names, span, scale.sizes, strict=True):
            if one < 0.0:
                yield f'{key}.{what} of {joint} is {one:.3g}, negative: its motion is mirrored'
            elif one * size < _LEAST_SPAN:
                does = (
                    f'LeRobot divides by {one + _EPS:.0e}, so that noise fills the input'
                    if pipeline == 'preprocess'
                    else 'LeRobot always answers the same'
                )
                yield f'{key}.{what} of {joint} is {one:.3g}: {does}'


def _spans_in_use(pipeline: Any, key: str) -> Iterator[tuple[str, str, str]]:
    """Yield lower and upper statistic, and words, of what a pipeline scales a key by."""
    for name, _, (first, second), _ in normalised(pipeline):
        if name == key:
            is_std = second == 'std'
            yield ('', 'std', 'std') if is_std else (first, second, f'{second} - {first}')


def _disagreeing(subject: Subject, action: Entry, scale: VectorScale) -> Iterator[str]:
    """Name statistics by which actions were normalised in training, and are not served by."""
    assert subject.checkpoint is not None
    before, after = (
        {key: (entry, used) for key, entry, used, _ in normalised(pipeline)}
        for pipeline in (subject.checkpoint.preprocess, subject.checkpoint.postprocess)
    )
    trained, _ = before.get(ACTION, ({}, ()))
    _, names = after.get(ACTION, ({}, ()))
    for name in names:
        if name not in trained or name not in action:
            continue
        one, other = _flat(trained[name]), _flat(action[name])
        if one.shape != other.shape:
            continue
        apart = np.abs(one - other) / np.maximum(np.maximum(np.abs(one), np.abs(other)), _SAME)
        index = int(np.argmax(apart))
        if apart[index] > _SAME:
            yield (
                f'{ACTION}.{name} of {scale.names[index]} is {one[index]:.4g} in the normaliser '
                f'and {other[index]:.4g} in the un-normaliser: trained with one, answered with '
                'the other'
            )


def _missing_steps(subject: Subject) -> Iterator[str]:
    """Name what the configuration normalises and no step does."""
    checkpoint = subject.checkpoint
    assert checkpoint is not None
    wanted = getattr(checkpoint.network.config, 'normalization_mapping', None) or {}
    for kind, pipeline in _KINDS:
        mode = getattr(wanted.get(kind), 'name', 'IDENTITY')
        steps = getattr(checkpoint, pipeline).steps
        modes = {
            step.norm_map[feature.type].name
            for step in steps
            for feature in getattr(step, 'features', {}).values()
            if feature.type.name == kind and feature.type in getattr(step, 'norm_map', {})
        }
        is_asked = any(
            feature.type.name == kind
            for feature in (
                *(checkpoint.network.config.input_features or {}).values(),
                *(checkpoint.network.config.output_features or {}).values(),
            )
        )
        if is_asked and mode != 'IDENTITY' and mode not in modes:
            yield (
                f'config.json wants {kind} {mode}, and no step of the {pipeline}or does it: '
                'LeRobot passes the numbers as they are'
            )


def _flat(values: Any) -> Vector:
    return np.asarray(values, dtype=np.float64).reshape(-1)
