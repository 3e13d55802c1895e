"""Are the numbers in the units, the order and the size that the deployment means?"""

import numpy as np
from vla_contract.vectors.component import JOINT_POSITION
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.checkpoints.checks import normalised
from vla_lerobot.features import ACTION, STATE
from vla_policy_server.self_test.found import Found, judge, skip
from vla_policy_server.self_test.subject import Subject
from vla_policy_server.self_test.units import beyond_limits

# How far beyond the recorded range an answer may go, as a share of that range.
_MARGIN = 0.25
# A joint with a smaller deviation never moved: its noise would be blown up a thousandfold.
_LEAST_STD = 1e-6
# Error on golden frames as a share of how much the recorded actions differ among them. A policy
# that knows what it sees has 0.1 to 0.2; answering their mean has 1, a joint mixed up more.
_ERROR_SHARE = 0.5


def statistics_fit_the_joints(subject: Subject) -> Found:
    """Compare mean, extremes and deviation of state and action with every joint's limits."""
    checkpoint = subject.checkpoint
    if checkpoint is None:
        return skip('the backend does not show its statistics')
    problems = []
    deployment, codec = subject.deployment, _codec(subject)
    is_position = deployment.policy.action_kind == JOINT_POSITION
    for pipeline, key, part, scale in (
        (checkpoint.preprocess, STATE, 'state', codec.state),
        (checkpoint.postprocess, ACTION, 'action', codec.action),
    ):
        entry = next((entry for k, entry, _, _ in normalised(pipeline) if k == key), {})
        for name in ('mean', 'min', 'max', 'q01', 'q99'):
            if name in entry and (part == 'state' or is_position):
                beyond = beyond_limits(deployment, part, scale, np.asarray(entry[name]))
                problems += [f'{key}.{name} of {text}' for text in beyond]
        if 'std' in entry:
            still = np.array(scale.names)[np.asarray(entry['std']) * scale.sizes < _LEAST_STD]
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
    # Extremes first: LeRobot averages the quantiles of the episodes, which is no quantile of all.
    low, high = (entry.get(e, entry.get(q)) for e, q in (('min', 'q01'), ('max', 'q99')))
    if low is None or high is None:
        return skip('the statistics have neither extremes nor quantiles')
    codec, golden = _codec(subject), subject.golden
    lower, upper = np.asarray(low), np.asarray(high)
    margin = _MARGIN * (upper - lower)
    answers = np.concatenate(
        [
            codec.encode_actions(subject.chunk(seen).positions, seen.state)
            for seen in golden.observations
        ]
    )
    least, most = answers.min(axis=0), answers.max(axis=0)
    problems = [
        f'{name} {least[j]:.2f} to {most[j]:.2f}, data {lower[j]:.2f} to {upper[j]:.2f}'
        for j, name in enumerate(codec.action.names)
        if least[j] < lower[j] - margin[j] or most[j] > upper[j] + margin[j]
    ]
    if subject.deployment.policy.action_kind == JOINT_POSITION:
        for extreme in (least, most):
            problems += beyond_limits(subject.deployment, 'action', codec.action, extreme)
    return judge(not problems, '; '.join(problems[:3]) or 'every answer lies where the data lie')


def golden_error_is_small(subject: Subject) -> Found:
    """Compare the first steps of the answers with what was recorded, joint by joint.

    The arm's joints only: the instant at which a gripper closes is a matter of taste.
    """
    golden = subject.golden
    if golden is None:
        return skip('no golden frames; give --dataset')
    arm, steps = list(subject.deployment.cell.arm), golden.actions.shape[1]
    # Moves begin with where the joints were seen, recorded actions with where the first one ends.
    first = int(_codec(subject).has_moves)
    answers = np.stack(
        [subject.chunk(seen).positions[first : first + steps] for seen in golden.observations]
    )
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


def _codec(subject: Subject) -> VectorCodec:
    """Return what the numbers of a checkpoint mean, in its own order."""
    names = subject.checkpoint.names if subject.checkpoint else None
    return VectorCodec(
        subject.deployment, names.state if names else (), names.action if names else ()
    )
