"""The table of checks: what is asked, which known failure it finds, what helps."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from vla_contract.errors import PolicyMismatchError
from vla_policy_server.self_test.finding import FAIL, Finding
from vla_policy_server.self_test.numbers import (
    answers_stay_in_the_data,
    golden_error_is_small,
    statistics_fit_the_joints,
)
from vla_policy_server.self_test.sensitivity import (
    images_matter,
    instruction_matters,
    state_matters,
)
from vla_policy_server.self_test.subject import Subject
from vla_policy_server.self_test.timing import (
    answer_repeats,
    chunk_fits_the_contract,
    rate_is_the_recorded_one,
)


class Check(NamedTuple):
    """One row of the table."""

    name: str
    look: Callable[[Subject], Finding]
    failure: str
    fix: str


CHECKS = (
    Check(
        'images',
        images_matter,
        'the policy does not see a camera (openvla #346: with another transformers version every '
        'image gave the same action, without an error)',
        "install the versions it was trained with, and compare the camera's feature key and "
        'resize rule in the contract with the training data',
    ),
    Check(
        'instruction',
        instruction_matters,
        'the policy does not hear the instruction',
        'check tokenizer and prompt template; train with several instructions',
    ),
    Check(
        'state',
        state_matters,
        'the policy does not feel the joints, or their normalisation squeezes them to nothing',
        'compare the statistics of observation.state with those of the dataset',
    ),
    Check(
        'statistics',
        statistics_fit_the_joints,
        "normalisation with another robot's statistics or in other units, such as degrees "
        '(lerobot #1078, openpi #405), or in another joint order',
        'use the processors that were saved beside this very checkpoint',
    ),
    Check(
        'range',
        answers_stay_in_the_data,
        'actions come out on another scale than they were recorded in: the arm would shake',
        'compare the un-normaliser of the checkpoint with the statistics of its dataset',
    ),
    Check(
        'golden frames',
        golden_error_is_small,
        'joints in another order, wrong statistics, or images prepared otherwise than in training '
        '(lerobot #4452, #2980)',
        'for the joint that is named, compare order, units and statistics with the dataset',
    ),
    Check(
        'repeatable',
        answer_repeats,
        'dropout is on, or something random is not seeded',
        'call .eval() after loading',
    ),
    Check(
        'chunk',
        chunk_fits_the_contract,
        'chunk length or rate differs between training and serving: jumps between chunks '
        '(dsrl_pi0 #13)',
        'serve with the chunk_size of the training, and set action.fps in the contract',
    ),
    Check(
        'rate',
        rate_is_the_recorded_one,
        'the arm moves several times too fast or too slowly (lerobot #2412)',
        "set action.fps in the contract to the dataset's fps",
    ),
)


class Outcome(NamedTuple):
    """A row of the table with what it found."""

    check: Check
    finding: Finding


def run_checks(subject: Subject) -> Iterable[Outcome]:
    """Yield one outcome per check, as they come."""
    for check in CHECKS:
        yield Outcome(check, check.look(subject))


def require_sound(subject: Subject) -> None:
    """Run every check.

    Raises:
        PolicyMismatchError: some failed; names each with its known failure and its fix.
    """
    failed = [outcome for outcome in run_checks(subject) if outcome.finding.verdict == FAIL]
    if failed:
        reasons = '; '.join(
            f'{check.name}: {finding.found} - {check.failure}; {check.fix}'
            for check, finding in failed
        )
        raise PolicyMismatchError(
            f'the policy failed its self-test ({reasons}); check_policy: false skips it'
        )
