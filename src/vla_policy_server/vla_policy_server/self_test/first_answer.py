"""Is the first answer a place where the joints can be, and one they can get to?"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from vla_contract.errors import VlaError
from vla_contract.values import Observation, Vector
from vla_contract.vectors.component import JOINT_POSITION
from vla_lerobot.features import STATE
from vla_policy_server.self_test.found import Found, judge, warn
from vla_policy_server.self_test.statistics import codec_of, used
from vla_policy_server.self_test.subject import Subject
from vla_policy_server.self_test.units import beyond_limits

# The action filter refuses a jump that takes longer at full speed: its reject_jump_s.
_JUMP_S = 0.5
# As for statistics: grippers overshoot, and targets may be outside what is reached.
_BEYOND_LIMITS = 0.1


def first_answer_is_near(subject: Subject) -> Found:
    """Ask from a real frame, or from home: the first point must be in the limits and in reach.

    Where the images are noise a sound policy answers somewhere in its data. So a jump from home
    fails only when the same happens from the mean of its own data; else it is a warning.
    """
    seen = subject.observation
    problems = list(_outside(subject, seen))
    if problems:
        return judge(False, '; '.join(problems[:3]))
    jumps = list(_jumps(subject, seen))
    where = 'the first frame' if subject.golden else 'home'
    if not jumps:
        return judge(True, f'from {where} the first answer is within limits and one jump')
    found = f'from {where}: {"; ".join(jumps[:3])}{_doubt(subject, seen)}'
    middle = _middle_of_data(subject)
    if subject.golden is None and middle is not None:
        usual = replace(seen, state=middle)
        if not any(True for _ in _jumps(subject, usual)) and not any(_outside(subject, usual)):
            return warn(f'{found}; none from the mean of its data')
    return judge(False, found)


def _outside(subject: Subject, seen: Observation) -> Iterator[str]:
    """Name joints that the first point wants outside their limits."""
    positions = subject.chunk(seen).positions
    deployment = subject.deployment
    if deployment.policy.action_kind == JOINT_POSITION:
        codec = codec_of(subject)
        first = codec.encode_actions(positions[:1], seen.state)[0]
        for text in beyond_limits(deployment, 'action', codec.action, first):
            yield f'the first answer wants {text}{_doubt(subject, seen)}'
        return
    # The first move: positions begin with where the joints were seen.
    point = positions[min(1, len(positions) - 1)]
    for joint, value in zip(deployment.cell.joints, point, strict=True):
        slack = _BEYOND_LIMITS * (joint.upper - joint.lower)
        if not joint.lower - slack <= value <= joint.upper + slack:
            yield (
                f'the first move takes {joint.name} to {value:.2f}, outside {joint.lower:.2f} to '
                f'{joint.upper:.2f}: a smaller scale, or another unit?'
            )


def _jumps(subject: Subject, seen: Observation) -> Iterator[str]:
    """Name arm joints that are sent further than the filter permits."""
    point = subject.chunk(seen).positions[0]
    cell = subject.deployment.cell
    for index in cell.arm:
        joint, jump = cell.joints[index], abs(point[index] - seen.state[index])
        if jump > joint.velocity * _JUMP_S:
            yield (
                f'{joint.name} jumps by {jump:.2f}, allowed: {joint.velocity * _JUMP_S:.2f} '
                f'({_JUMP_S:g} s at full speed)'
            )


def _doubt(subject: Subject, seen: Observation) -> str:
    """Return the question whether positions are velocities, '' where nothing looks like it."""
    if subject.deployment.policy.action_kind != JOINT_POSITION:
        return ''
    cell = subject.deployment.cell
    arm, points = list(cell.arm), subject.chunk(seen).positions
    speeds = np.array([cell.joints[i].velocity for i in arm])
    near_zero = np.abs(points[:, arm]) <= speeds
    far = np.abs(seen.state[arm]) > np.abs(points[0, arm])
    is_like = near_zero.all() and far.any()
    return ' (are these velocities? quantity: joint_velocity)' if is_like else ''


def _middle_of_data(subject: Subject) -> Vector | None:
    """Return the mean state of a checkpoint's data, shape (D,), None where it has none."""
    if subject.checkpoint is None:
        return None
    entry = used(subject, STATE)
    mean = entry.get('mean')
    if mean is None and 'min' in entry and 'max' in entry:
        mean = (np.asarray(entry['min']) + np.asarray(entry['max'])) / 2.0
    try:
        return None if mean is None else codec_of(subject).decode_state(np.asarray(mean))
    except VlaError:
        return None
