"""A filter that is told to end brings the arm to rest, whatever signal says so, and how often."""

import signal
from signal import SIGHUP, SIGINT, SIGQUIT, SIGTERM

from benchmarks.endurance.end_filter import end_filter, random_signals
import numpy as np
import pytest
from vla_contract.ros.testing import ros  # noqa: F401

AGAIN = [random_signals(np.random.default_rng(seed)) for seed in range(4)]


@pytest.mark.parametrize('number', [SIGINT, SIGTERM, SIGHUP, SIGQUIT], ids=lambda n: n.name)
def test_a_signal_brings_a_moving_arm_to_rest(ros, tmp_path, number):  # noqa: F811
    end = end_filter([number], [0.0], tmp_path)
    assert end.is_good, end


@pytest.mark.parametrize(
    ('numbers', 'pauses_s'),
    [([SIGHUP, SIGHUP], [0.0, 0.0]), ([SIGINT, SIGTERM, SIGINT], [0.0, 0.02, 0.1]), *AGAIN],
)
def test_further_signals_change_nothing(ros, tmp_path, numbers, pauses_s):  # noqa: F811
    end = end_filter(numbers, pauses_s, tmp_path)
    assert end.is_good, end


def test_the_signals_of_a_trial_are_those_that_end_a_process():
    numbers, pauses_s = random_signals(np.random.default_rng(0))
    assert len(numbers) == len(pauses_s) <= 3
    assert {signal.Signals(number) for number in numbers} <= {SIGINT, SIGTERM, SIGHUP, SIGQUIT}
