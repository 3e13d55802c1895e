"""The synthetic minute through the filter, scored: stops when it must, and only then."""

import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_action_filter.replay.replay import replay, Trace
from vla_action_filter.replay.score import added_lag_ms, score
from vla_action_filter.replay.stream import Event
from vla_action_filter.replay.synthetic_stream import synthetic_stream
from vla_contract.errors import VlaError
from vla_contract.recordings.events import SpeedScaleEvent


@pytest.fixture(scope='module')
def trace(cell) -> Trace:
    return replay(cell, FilterConfig(), synthetic_stream(cell))


@pytest.fixture(scope='module')
def figures(cell, trace) -> dict:
    return score(trace, cell)


def test_every_fault_stops_the_arm_and_holds_it(figures, cell):
    deadline = cell.deadlines.chunk_age_s
    assert [fault['cause'] for fault in figures['faults']] == [
        'policy silent', 'not finite', 'jump', 'two publishers', 'e_stop',
    ]  # fmt: skip
    for fault in figures['faults']:
        assert fault['time_to_stop_s'] <= deadline + 0.5
        assert fault['hold_percent'] >= 99.0
        assert fault['time_to_resume_s'] <= 0.6


def test_what_is_merely_untidy_does_not_stop_the_arm(figures):
    assert figures['false_stop_percent'] == 0.0


def test_a_seam_accelerates_no_more_than_the_chunk_itself(figures):
    assert figures['seam_acceleration'] < 1.5 * figures['intra_chunk_acceleration']
    assert figures['boundary_velocity_cosine'] > 0.9


def test_a_seam_without_fade_is_seen_in_the_score(cell, figures):
    rough = score(
        replay(cell, FilterConfig(seam='replace', smoother='none'), synthetic_stream(cell)),
        cell,
    )
    assert rough['seam_acceleration'] > 3.0 * figures['seam_acceleration']


def test_added_lag_is_the_delay_of_the_command():
    times = np.arange(400) * 0.01
    nothing = ['' for _ in times]

    def still(values):
        return np.stack([values, values], axis=1)

    trace = Trace(
        (times * 1e9).astype(int), still(np.sin(times - 0.03)), still(np.sin(times)),
        still(np.cos(times)), np.zeros(400, int), nothing, nothing, [0], [0], 0.01, {},
    )  # fmt: skip
    lag = added_lag_ms(trace, np.array([0, 1]), np.arange(400))
    assert lag == pytest.approx(30.0, rel=0.01)


def test_lag_of_an_arm_that_stands_is_unavailable(cell, trace):
    assert added_lag_ms(trace, np.array([0]), np.array([], dtype=int)) is None


def test_a_stream_that_cannot_arm_is_one_sentence(cell):
    with pytest.raises(VlaError, match='never armed'):
        replay(
            cell,
            FilterConfig(),
            [Event(0, SpeedScaleEvent(1.0)), Event(10**9, SpeedScaleEvent(1.0))],
        )
    with pytest.raises(VlaError, match='no events'):
        replay(cell, FilterConfig(), [])


def test_the_same_stream_gives_the_same_commands(cell, trace):
    again = replay(cell, FilterConfig(), synthetic_stream(cell))
    assert np.array_equal(again.command, trace.command)
