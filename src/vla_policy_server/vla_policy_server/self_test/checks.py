"""The table of checks: what is asked, which known failure it finds, what helps."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from vla_contract.check import Check, Status
from vla_contract.errors import PolicyMismatchError
from vla_policy_server.self_test.first_answer import first_answer_is_near
from vla_policy_server.self_test.found import Found
from vla_policy_server.self_test.near_misses import nothing_fits_better
from vla_policy_server.self_test.numbers import answers_stay_in_the_data, golden_error_is_small
from vla_policy_server.self_test.sensitivity import (
    images_matter,
    instruction_matters,
    state_matters,
)
from vla_policy_server.self_test.statistics import statistics_fit_the_joints
from vla_policy_server.self_test.subject import Subject
from vla_policy_server.self_test.timing import (
    answer_comes_in_time,
    answer_repeats,
    chunk_fits_the_policy_file,
    rate_is_the_recorded_one,
)


class SelfTest(NamedTuple):
    """One row of the table: what is asked, how, the failure that it finds, what helps."""

    name: str
    look: Callable[[Subject], Found]
    failure: str
    fix: str


SELF_TESTS = (
    SelfTest(
        'images',
        images_matter,
        'the policy does not see a camera (openvla #346: with another transformers version every '
        'image gave the same action, without an error)',
        "install the versions it was trained with, and compare the camera's feature key and "
        'resize rule in the policy file with the training data',
    ),
    SelfTest(
        'instruction',
        instruction_matters,
        'the policy does not hear the instruction',
        'check tokenizer and prompt template; train with several instructions',
    ),
    SelfTest(
        'state',
        state_matters,
        'the policy does not feel the joints, or their normalisation squeezes them to nothing',
        'compare the statistics of observation.state with those of the dataset',
    ),
    SelfTest(
        'statistics',
        statistics_fit_the_joints,
        "normalisation with another robot's statistics or in other units, such as degrees "
        '(lerobot #1078, openpi #405), or in another joint order',
        'use the processors that were saved beside this very checkpoint, and say in '
        'vla_policy.yaml which unit or map the numbers of each joint have',
    ),
    SelfTest(
        'first answer',
        first_answer_is_near,
        'velocities, deltas or other units taken for positions: the filter refuses every chunk',
        'say in vla_policy.yaml what the numbers of the action mean (quantity, unit, map); a '
        'robot far from where its data begin has to be brought there first',
    ),
    SelfTest(
        'range',
        answers_stay_in_the_data,
        'actions come out on another scale than they were recorded in: the arm would shake',
        'compare the un-normaliser of the checkpoint with the statistics of its dataset',
    ),
    SelfTest(
        'golden frames',
        golden_error_is_small,
        'joints in another order, wrong statistics, or images prepared otherwise than in training '
        '(lerobot #4452, #2980)',
        'for the joint that is named, compare order, units and statistics with the dataset',
    ),
    SelfTest(
        'near misses',
        nothing_fits_better,
        'images or actions that come a little otherwise than in training: colours, mirrored, one '
        'frame off, scaled, gripper turned round',
        'look at what is named: encoding of the camera, rotate and flip in the policy file, '
        'rate_hz and the frame that the data were recorded with, scale and map of the action',
    ),
    SelfTest(
        'repeatable',
        answer_repeats,
        'dropout is on, or something random is not seeded',
        'call .eval() after loading',
    ),
    SelfTest(
        'chunk',
        chunk_fits_the_policy_file,
        'chunk length or rate differs between training and serving: jumps between chunks '
        '(dsrl_pi0 #13)',
        'serve with the chunk_size of the training, and set rate_hz in the policy file',
    ),
    SelfTest(
        'latency',
        answer_comes_in_time,
        'the steps of a chunk run out before the next one comes: the arm stops and goes (lerobot '
        '#4580)',
        'a faster machine or precision (docs/speed.md), longer chunks, or a larger chunk_age_s',
    ),
    SelfTest(
        'rate',
        rate_is_the_recorded_one,
        'the arm moves several times too fast or too slowly (lerobot #2412)',
        "set rate_hz in the policy file to the dataset's fps",
    ),
)


PRIVILEGED = 'privileged'


def run_checks(subject: Subject) -> Iterator[Check]:
    """Yield what each self-test finds, as they come."""
    if subject.policy.needs_extras:
        names = ', '.join(subject.policy.needs_extras)
        found = f'the policy reads {names}, which only a simulation knows; try it with vla sim run'
        yield Check(PRIVILEGED, Status.SKIP, found, 'passes', '')
        return
    for test in SELF_TESTS:
        status, found = test.look(subject)
        fix = f'{test.fix} (known failure: {test.failure})'
        yield Check(test.name, status, found, 'passes', fix)


def require_sound(subject: Subject) -> tuple[Check, ...]:
    """Run every self-test.

    Returns:
        Those that passed with a remark.

    Raises:
        PolicyMismatchError: some failed; names each with its known failure and its fix.
    """
    checks = tuple(run_checks(subject))
    failed = [check for check in checks if check.status is Status.FAIL]
    if failed:
        reasons = '; '.join(f'{check.name}: {check.found}; {check.fix}' for check in failed)
        raise PolicyMismatchError(
            f'the policy failed its self-test ({reasons}); check_policy: false skips it'
        )
    return tuple(check for check in checks if check.status is Status.WARN)
