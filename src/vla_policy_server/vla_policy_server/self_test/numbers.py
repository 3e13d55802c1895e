"""Are the answers where the data lie, and what was recorded?"""

import numpy as np
from vla_contract.vectors.component import JOINT_POSITION
from vla_lerobot.features import ACTION
from vla_policy_server.self_test.found import Found, judge, skip
from vla_policy_server.self_test.relative_actions import as_normalised
from vla_policy_server.self_test.statistics import codec_of, used
from vla_policy_server.self_test.subject import Subject
from vla_policy_server.self_test.units import beyond_limits

# How far beyond the recorded range an answer may go, as a share of that range.
_MARGIN = 0.25
# Error on golden frames as a share of how much the recorded actions differ among them. A policy
# that knows what it sees has 0.1 to 0.2; answering their mean has 1, a joint mixed up more.
_ERROR_SHARE = 0.5
# Soon after a frame, even a good policy and its teacher part.
_STEPS = 2


def answers_stay_in_the_data(subject: Subject) -> Found:
    """Compare answers on real frames with the recorded extremes or quantiles, and the limits."""
    checkpoint = subject.checkpoint
    if checkpoint is None or subject.golden is None:
        return skip('no golden frames or no statistics')
    entry = used(subject, ACTION)
    # Extremes first: LeRobot averages the quantiles of the episodes, which is no quantile of all.
    low, high = (entry.get(e, entry.get(q)) for e, q in (('min', 'q01'), ('max', 'q99')))
    if low is None or high is None:
        return skip('the statistics have neither extremes nor quantiles')
    codec, golden = codec_of(subject), subject.golden
    lower, upper = np.asarray(low), np.asarray(high)
    margin = _MARGIN * (upper - lower)
    chunks = [
        (codec.encode_actions(subject.chunk(seen).positions, seen.state), codec.encode(seen.state))
        for seen in golden.observations
    ]
    numbers = np.concatenate([as_normalised(checkpoint, *chunk) for chunk in chunks])
    least, most = numbers.min(axis=0), numbers.max(axis=0)
    problems = [
        f'{name} {least[j]:.2f} to {most[j]:.2f}, data {lower[j]:.2f} to {upper[j]:.2f}'
        for j, name in enumerate(codec.action.names)
        if least[j] < lower[j] - margin[j] or most[j] > upper[j] + margin[j]
    ]
    if subject.deployment.policy.action_kind == JOINT_POSITION:
        answers = np.concatenate([actions for actions, _ in chunks])
        for extreme in (answers.min(axis=0), answers.max(axis=0)):
            problems += beyond_limits(subject.deployment, 'action', codec.action, extreme)
    return judge(not problems, '; '.join(problems[:3]) or 'every answer lies where the data lie')


def golden_error_is_small(subject: Subject) -> Found:
    """Compare the first steps of the answers with what was recorded, joint by joint.

    The arm's joints only: the instant at which a gripper closes is a matter of taste.
    """
    if not subject.answered:
        return skip('no golden frames; give --dataset')
    arm = list(subject.deployment.cell.arm)
    steps = min(_STEPS, *(len(frame.recorded) for frame in subject.answered))
    steps = min(steps, *(len(frame.answer) for frame in subject.answered))
    answers = np.stack([frame.answer[:steps] for frame in subject.answered])
    recorded = np.stack([frame.recorded[:steps] for frame in subject.answered])
    error = np.abs(answers - recorded).mean(axis=(0, 1))[arm]
    spread = np.abs(recorded - recorded.mean(axis=0)).mean(axis=(0, 1))[arm]
    share = error / np.maximum(spread, 1e-3 * subject.ranges[arm])
    worst = int(np.argmax(share))
    name = subject.deployment.cell.joint_names[arm[worst]]
    return judge(
        bool(share.max() < _ERROR_SHARE),
        f'error {error.mean():.3f} rad; worst {name}: {share.max():.2f} of its spread',
    )
