"""Are the numbers in the units, the order and the size that the deployment means?"""

import numpy as np
from vla_contract.joints.joint_map import JointMap
from vla_contract.values import Vector
from vla_lerobot.checkpoints.checks import normalised
from vla_lerobot.features import ACTION, STATE
from vla_policy_server.self_test.found import Found, judge, skip
from vla_policy_server.self_test.subject import Subject

# How far beyond the recorded range an answer may go, as a share of that range.
_MARGIN = 0.25
# A joint with a smaller deviation never moved: its noise would be blown up a thousandfold.
_LEAST_STD = 1e-6
# How far beyond its limits the statistics of a joint may lie, as a share of its range: the
# gripper overshoots, and targets may be outside what is reached.
_BEYOND_LIMITS = 0.1
# Error on golden frames as a share of how much the recorded actions differ among them. A policy
# that knows what it sees has 0.1 to 0.2; answering their mean has 1, a joint mixed up more.
_ERROR_SHARE = 0.5


def statistics_fit_the_joints(subject: Subject) -> Found:
    """Compare mean, extremes and deviation of state and action with every joint's limits."""
    checkpoint = subject.checkpoint
    if checkpoint is None:
        return skip('the backend does not show its statistics')
    problems = []
    for pipeline, key, names in (
        (checkpoint.preprocess, STATE, checkpoint.names.state),
        (checkpoint.postprocess, ACTION, checkpoint.names.action),
    ):
        entry = next((entry for k, entry, _, _ in normalised(pipeline) if k == key), {})
        to_cell = JointMap(names, subject.deployment.cell.joint_names, key)
        for name in ('mean', 'min', 'max', 'q01', 'q99'):
            if name in entry:
                values = to_cell(np.asarray(entry[name]))
                problems += [f'{key}.{name} of {text}' for text in _beyond_limits(subject, values)]
        if 'std' in entry:
            std = to_cell(np.asarray(entry['std']))
            still = np.array(subject.deployment.cell.joint_names)[std < _LEAST_STD]
            problems += [f'{key}.std of {name} is 0' for name in still]
    found = '; '.join(problems[:3]) or 'every mean and extreme lies inside its joint limits'
    return judge(not problems, found)


def answers_stay_in_the_data(subject: Subject) -> Found:
    """Compare answers on real frames with the recorded extremes or quantiles, and the limits."""
    if subject.checkpoint is None or subject.golden is None:
        return skip('no golden frames or no statistics')
    entry = next(
        (
            entry
            for key, entry, _, _ in normalised(subject.checkpoint.postprocess)
            if key == ACTION
        ),
        {},
    )
    joints = subject.deployment.cell.joint_names
    to_cell = JointMap(subject.checkpoint.names.action, joints, ACTION)
    # Extremes first: LeRobot averages the quantiles of the episodes, which is no quantile of all.
    low, high = (entry.get(e, entry.get(q)) for e, q in (('min', 'q01'), ('max', 'q99')))
    if low is None or high is None:
        return skip('the statistics have neither extremes nor quantiles')
    lower, upper = to_cell(np.asarray(low)), to_cell(np.asarray(high))
    margin = _MARGIN * (upper - lower)
    answers = np.concatenate(
        [subject.chunk(seen).positions for seen in subject.golden.observations]
    )
    problems = []
    for j, name in enumerate(joints):
        least, most = answers[:, j].min(), answers[:, j].max()
        if least < lower[j] - margin[j] or most > upper[j] + margin[j]:
            problems.append(
                f'{name} {least:.2f} to {most:.2f}, data {lower[j]:.2f} to {upper[j]:.2f}'
            )
    problems += _beyond_limits(subject, answers.min(axis=0)) + _beyond_limits(
        subject, answers.max(axis=0)
    )
    return judge(not problems, '; '.join(problems[:3]) or 'every answer lies where the data lie')


def golden_error_is_small(subject: Subject) -> Found:
    """Compare the first steps of the answers with what was recorded, joint by joint.

    The arm's joints only: the instant at which a gripper closes is a matter of taste.
    """
    golden = subject.golden
    if golden is None:
        return skip('no golden frames; give --dataset')
    arm, steps = list(subject.deployment.cell.arm), golden.actions.shape[1]
    answers = np.stack([subject.chunk(seen).positions[:steps] for seen in golden.observations])
    recorded = golden.actions[:, : answers.shape[1]]
    error = np.abs(answers - recorded).mean(axis=(0, 1))[arm]
    spread = np.abs(recorded - recorded.mean(axis=0)).mean(axis=(0, 1))[arm]
    share = error / np.maximum(spread, 1e-3 * subject.ranges[arm])
    worst = int(np.argmax(share))
    name = subject.deployment.cell.joint_names[arm[worst]]
    return judge(
        bool(share.max() < _ERROR_SHARE),
        f'error {error.mean():.3f} rad; worst {name}: {share.max():.2f} of its spread',
    )


def _beyond_limits(subject: Subject, values: Vector) -> list[str]:
    slack = _BEYOND_LIMITS * subject.ranges
    return [
        f'{joint.name} {value:.2f} outside {joint.lower:.2f} to {joint.upper:.2f}'
        for joint, value, more in zip(subject.deployment.cell.joints, values, slack, strict=True)
        if not joint.lower - more <= value <= joint.upper + more
    ]
