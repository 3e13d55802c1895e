"""Errors, limits, statistics and the table: no network needed."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_policy_server.precision.comparing.action_error import action_error, ActionError
from vla_policy_server.precision.comparing.comparison import bursts, Comparison
from vla_policy_server.precision.comparing.method_process import Report
from vla_policy_server.precision.comparing.result import Measurement, Success
from vla_policy_server.precision.comparing.table import markdown_table, remarks
from vla_policy_server.precision.comparing.timing import Latency, summarise
from vla_policy_server.precision.comparing.verdicts import fastest, judge, measurements
from vla_policy_server.precision.gate import Limits, objections

LATENCY = Latency(10.0, 1.0, 10.0, 12.0, 13.0)
ERROR = ActionError('elbow', 0.001, 0.0005, 5e-4, 'rad')
GOOD = Measurement(1_000_000, LATENCY, 2.0, 2_000_000, None, ERROR, Success(49, 50, 0.89, 1.0))
REFERENCE = replace(GOOD, speedup=1.0, success=Success(50, 50, 0.93, 1.0))


class TestActionError:
    """The cell's joint 4 turns 3.002 rad, its joint 1 5.7946 rad, its gripper 0.8 rad."""

    def test_the_worst_joint_is_the_one_that_misses_most_of_its_range(self, cell):
        reference = np.zeros((2, 3, 8))
        actions = reference.copy()
        actions[0, 1, 0] = 0.05  # 0.86 % of joint 1
        actions[1, 2, 3] = -0.04  # 1.33 % of joint 4
        error = action_error(actions, reference, cell)
        assert error.joint == 'panda_joint4'
        assert error.worst == pytest.approx(0.04)
        assert error.of_range == pytest.approx(0.04 / 3.002)
        assert error.rms == pytest.approx(np.sqrt((0.05**2 + 0.04**2) / 48))
        assert error.unit == 'rad'

    def test_a_number_that_is_not_finite_is_an_infinite_error(self, cell):
        actions = np.zeros((1, 1, 8))
        actions[0, 0, 7] = np.nan
        error = action_error(actions, np.zeros((1, 1, 8)), cell)
        assert error.joint == cell.joint_names[7]
        assert error.of_range == np.inf


class TestGate:
    """Limits are inclusive, and each has its own sentence."""

    def test_a_method_at_every_limit_passes(self):
        at_limits = Limits(speedup=2.0, error_of_range=5e-4, success_drop=0.021)
        assert objections(GOOD, REFERENCE, at_limits) == ()

    @pytest.mark.parametrize(
        ('limits', 'sentence'),
        [
            (Limits(speedup=2.1), '2.00 x the speed of fp32 (allowed: 2.1 up)'),
            (Limits(error_of_range=4e-4), 'error 5.0e-04 of the range of elbow (allowed: 0.0004)'),
            (
                Limits(success_drop=0.01),
                'success 98% where fp32 has 100% (allowed drop: 1%)',
            ),
        ],
    )
    def test_each_limit_has_its_sentence(self, limits, sentence):
        assert objections(GOOD, REFERENCE, limits) == (sentence,)

    def test_an_error_that_is_no_number_is_refused(self):
        unknown = replace(GOOD, error=replace(ERROR, of_range=float('nan')))
        assert len(objections(unknown, REFERENCE, Limits())) == 1


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=200))
@settings(deadline=None)
def test_percentiles_are_ordered_and_inside_the_sample(durations):
    latency = summarise(durations)
    low, high = min(durations) / 1e6, max(durations) / 1e6
    assert low <= latency.p50_ms <= latency.p95_ms <= latency.p99_ms <= high
    assert latency.frequency_hz == pytest.approx(1e9 * len(durations) / sum(durations))


def test_no_durations_have_no_statistics():
    with pytest.raises(ValueError, match='no durations'):
        summarise([])


@given(st.integers(1, 1000))
@settings(deadline=None)
def test_bursts_time_at_least_what_was_asked_for(repeats):
    assert repeats <= 5 * bursts(repeats) < repeats + 5


class TestVerdicts:
    """From raw figures to rows."""

    def comparison(self) -> Comparison:
        """Return fp32 at 20 ms, onnx at 5 ms 1 mrad off, bf16 that could not run."""
        still = np.zeros((1, 2, 8))
        return Comparison(
            {'fp32': [20_000_000] * 5, 'onnx': [5_000_000] * 5, 'bf16': []},
            {
                'fp32': Report(still, 40, 100, None, None),
                'onnx': Report(still + 1e-3, 40, 100, None, None),
            },
            {'bf16': 'no such instruction'},
        )

    def test_speed_and_error_stand_beside_the_reference(self, cell):
        measured = measurements(self.comparison(), 'fp32', cell)
        assert measured['onnx'].speedup == pytest.approx(4.0)
        assert measured['onnx'].error.worst == pytest.approx(1e-3)
        assert measured['fp32'].error.worst == 0.0
        assert 'bf16' not in measured

    def test_the_gate_decides_which_is_fastest(self, cell):
        found = self.comparison()
        measured = measurements(found, 'fp32', cell)
        strict, lax = Limits(error_of_range=1e-4), Limits(error_of_range=1e-2)
        assert fastest(judge(measured, found.absent, 'fp32', strict)) == 'fp32'
        assert fastest(judge(measured, found.absent, 'fp32', lax)) == 'onnx'

    def test_the_table_has_what_ran_and_the_remarks_have_the_rest(self, cell):
        found = self.comparison()
        rows = judge(measurements(found, 'fp32', cell), found.absent, 'fp32', Limits())
        header, rule, *lines = markdown_table(rows).splitlines()
        assert header.count('|') == rule.count('|') == lines[0].count('|')
        assert [line.split()[1] for line in lines] == ['fp32', 'onnx']
        assert '1 mrad robotiq_85_left_knuckle_joint' in lines[1]
        assert remarks(rows) == [
            '- bf16 could not run: no such instruction',
            '- onnx is refused: error 1.3e-03 of the range of robotiq_85_left_knuckle_joint '
            '(allowed: 0.001)',
        ]
        assert [row.as_dict()['accepted'] for row in rows] == [True, False, False]
