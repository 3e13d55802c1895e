import math

import numpy as np
import pytest
from vla_rollout.statistics.sequential import SequentialTest

TEST = SequentialTest(bad=0.7, good=0.9, alpha=0.05, beta=0.1)


def run(rate, rng, most=2000):
    """Return (accepted, episodes) of one sequential run."""
    outcomes = []
    while len(outcomes) < most:
        outcomes.append(bool(rng.uniform() < rate))
        if TEST.accepts(outcomes):
            return True, len(outcomes)
        if TEST.rejects(outcomes):
            return False, len(outcomes)
    raise AssertionError('undecided')


def test_each_outcome_adds_its_log_likelihood_ratio():
    assert TEST.evidence([True]) == pytest.approx(0.251, abs=1e-3)
    assert TEST.evidence([False]) == pytest.approx(-1.099, abs=1e-3)
    assert TEST.evidence([True, False]) == pytest.approx(math.log(0.9 / 0.7) + math.log(1 / 3))


def test_twelve_successes_in_a_row_accept_and_three_failures_reject():
    assert TEST.accepts([True] * 12)
    assert not TEST.accepts([True] * 11)
    assert TEST.rejects([False] * 3)
    assert not TEST.rejects([False] * 2)


def test_evidence_that_is_no_longer_needed_does_not_hide_a_policy_that_becomes_worse():
    assert TEST.evidence([True] * 100) == TEST.acceptance == pytest.approx(math.log(20))
    assert TEST.rejects([True] * 100 + [False] * 5)
    assert not TEST.rejects([True] * 100 + [False] * 4)


def chance_of_acceptance(rate, episodes):
    """Return how likely acceptance is within so many episodes, exactly, by all counts."""
    accepted, going_on = 0.0, {(0, 0): 1.0}
    for _ in range(episodes):
        after = {}
        for (good, bad), chance in going_on.items():
            for success, share in ((True, rate), (False, 1 - rate)):
                counts = (good + success, bad + (not success))
                ratio = (0.9 / 0.7) ** counts[0] * (0.1 / 0.3) ** counts[1]
                if ratio >= 20:
                    accepted += chance * share
                elif ratio > 0.1:
                    after[counts] = after.get(counts, 0.0) + chance * share
        going_on = after
    return accepted


@pytest.mark.parametrize('rate', [0.3, 0.5, 0.65, 0.69, 0.7])
def test_a_bad_rate_is_accepted_at_most_as_often_as_stated_however_long_one_looks(rate):
    assert chance_of_acceptance(rate, 400) <= 0.05


@pytest.mark.parametrize('rate', [0.9, 0.95, 1.0])
def test_a_good_rate_is_accepted_at_least_as_often_as_stated(rate):
    assert chance_of_acceptance(rate, 400) >= 0.9


def test_wrong_decisions_are_as_rare_as_stated():
    rng = np.random.default_rng(0)
    bad = [run(0.7, rng) for _ in range(2000)]
    good = [run(0.9, rng) for _ in range(2000)]
    assert np.mean([accepted for accepted, _ in bad]) <= 0.05 + 0.01
    assert np.mean([not accepted for accepted, _ in good]) <= 0.1 + 0.01
    assert np.mean([count for _, count in good]) == pytest.approx(22.2, rel=0.1)
