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


def test_wrong_decisions_are_as_rare_as_stated():
    rng = np.random.default_rng(0)
    bad = [run(0.7, rng) for _ in range(2000)]
    good = [run(0.9, rng) for _ in range(2000)]
    assert np.mean([accepted for accepted, _ in bad]) <= 0.05 + 0.01
    assert np.mean([not accepted for accepted, _ in good]) <= 0.1 + 0.01
    assert np.mean([count for _, count in good]) == pytest.approx(22.2, rel=0.1)
