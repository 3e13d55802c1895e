"""Does the policy fit its dataset better when something is changed a little? Then that is wrong.

Each near miss is compared with the policy as it is, frame by frame: a change that undoes a mistake
makes most errors smaller, and a change of a sound policy makes most of them larger. A near miss is
named when the mean logarithm of the ratio of both errors lies below that of 0.95, by the upper end
of Student's interval over the frames; of frames that are independent, all near misses together
name a sound policy in one dataset of a hundred at most.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from vla_contract.values import Vector
from vla_policy_server.self_test.answered_frame import AnsweredFrame
from vla_policy_server.self_test.changes import (
    changed_answers,
    viewed,
    VIEWS,
    with_gripper_inverted,
)
from vla_policy_server.self_test.found import Found, judge, skip, warn
from vla_policy_server.self_test.subject import Subject

# Smaller by less is no matter of wiring: networks answer a little late, or a little too small.
_CLEARLY = 0.05
# Share of sound policies that are named at all, over all near misses.
_FALSE_ALARMS = 0.01
# Added to errors, as a share of a joint's range: where both are smaller, neither is better.
_LEAST_ERROR = 1e-4
# With fewer frames no interval means much.
_FEWEST = 12


def nothing_fits_better(subject: Subject) -> Found:
    """Compare the policy with its near misses on frames of a dataset."""
    if subject.dataset is None:
        return skip('needs frames of a dataset; give --dataset')
    frames = subject.answered
    if len(frames) < _FEWEST:
        return skip(f'{len(frames)} frames with actions after them; allowed: {_FEWEST} or more')
    cell = subject.deployment.cell
    own = [frame.answer for frame in frames]
    near = [(what, answers, list(cell.arm)) for what, answers in _near_misses(subject)]
    if cell.grippers:
        inverted = [with_gripper_inverted(answer, cell) for answer in own]
        near.append(('the gripper inverted', inverted, list(cell.grippers)))
    sound = 1.0 - _FALSE_ALARMS / len(near)
    named = {}
    for what, answers, joints in near:
        before, after = (_errors(frames, a, subject.ranges)[:, joints] for a in (own, answers))
        before, after = before.mean(axis=1), after.mean(axis=1)
        ratio = np.log((after + _LEAST_ERROR) / (before + _LEAST_ERROR))
        if _upper_bound(ratio, sound) < np.log(1.0 - _CLEARLY):
            named[what] = 1.0 - after.mean() / before.mean()
    if not named:
        return judge(True, f'none of {len(near)} fits better than it is ({len(frames)} frames)')
    best = sorted(named, key=lambda what: -named[what])
    said = ', or '.join(f'{what} (error smaller by {named[what]:.0%})' for what in best)
    return warn(f'it fits the dataset better with {said}')


def _near_misses(subject: Subject) -> Iterator[tuple[str, list[Vector]]]:
    yield from changed_answers(subject.answered)
    for what, view in VIEWS:
        yield what, [subject.answer(viewed(frame.seen, view)) for frame in subject.answered]


def _errors(frames: Sequence[AnsweredFrame], answers: Sequence[Vector], ranges: Vector) -> Vector:
    """Return the mean error of each frame and joint, as a share of its range, shape (N, D).

    The first and the last step are left out, so that all near misses have the same.
    """
    found = []
    for frame, answer in zip(frames, answers, strict=True):
        steps = min(len(frame.recorded), len(frame.answer))
        own = slice(1, steps - 1) if steps > 2 else slice(0, steps)
        error = np.abs(answer[:steps] - frame.recorded[:steps])[own] / ranges
        found.append(error.mean(axis=0))
    return np.array(found)


def _upper_bound(values: Vector, confidence: float) -> float:
    """Return the upper end of Student's one-sided interval of a mean."""
    from scipy.stats import t

    deviation = values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() + t.ppf(confidence, len(values) - 1) * deviation)
