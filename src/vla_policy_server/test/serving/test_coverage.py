"""The numbers of the shipped policy: 16 steps at 10 Hz, 1.5 s count, a camera at 15 Hz."""

from hypothesis import example, given
from hypothesis import strategies as st
import pytest
from vla_policy_server.serving.chunk_scheduler import LEAST_STEPS
from vla_policy_server.serving.coverage import Coverage

MS = 1_000_000
SHIPPED = Coverage(16, 100 * MS, 1500 * MS, 67 * MS)


@pytest.mark.parametrize(('delay_ms', 'stops'), [(50, False), (700, False), (750, True)])
def test_an_arm_stops_where_two_delays_and_a_frame_outlast_the_chunk(delay_ms, stops):
    assert bool(SHIPPED.gap(delay_ms * MS)) == stops


def test_what_would_do_is_said():
    assert SHIPPED.gap(800 * MS) == (
        'an answer takes 800 ms, and chunks of 16 steps at 10 Hz, of which 1.5 s count, cover '
        '716 ms: the arm stops between them; allowed: a faster policy, or deadlines.chunk_age_s '
        'of 1.7 in the cell and chunks of 17 steps'
    )
    assert 'steps' not in Coverage(24, 100 * MS, 1500 * MS, 0).gap(800 * MS).partition('or ')[2]
    assert 'chunk_age_s' not in Coverage(16, 20 * MS, 1500 * MS, 0).gap(200 * MS)


@given(
    st.integers(LEAST_STEPS, 100),
    st.integers(10, 500),
    st.integers(100, 5000),
    st.integers(0, 100),
    st.integers(0, 3000),
)
@example(LEAST_STEPS, 10, 100, 10 * LEAST_STEPS + 1, 0)
def test_what_is_said_to_do_does(steps, period_ms, usable_ms, frame_ms, delay_ms):
    coverage = Coverage(steps, period_ms * MS, usable_ms * MS, frame_ms * MS)
    needed_ms = 2 * delay_ms + frame_ms
    longer = Coverage(-(-needed_ms // period_ms), period_ms * MS, needed_ms * MS, frame_ms * MS)
    assert longer.gap(delay_ms * MS) == ''
    suffices = needed_ms <= min(steps * period_ms, usable_ms)
    assert (coverage.gap(delay_ms * MS) == '') == suffices


def test_a_chunk_of_few_steps_is_played_to_its_end_anyway():
    assert Coverage(LEAST_STEPS - 1, 100 * MS, 1500 * MS, 0).gap(3000 * MS) == ''
