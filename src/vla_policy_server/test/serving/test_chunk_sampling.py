from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.values import ActionChunk
from vla_policy_server.serving.chunk_sampling import rest_of, sample_chunk

CHUNK = ActionChunk(1000, 100, np.array([[0.0, 5.0], [1.0, 5.0], [3.0, 4.0]]))


@given(st.integers(900, 1300))
@settings(deadline=None)
def test_positions_agree_with_linear_interpolation(now_ns):
    times = 1000 + 100 * np.arange(3)
    expected = [np.interp(now_ns, times, CHUNK.positions[:, j]) for j in range(2)]
    assert sample_chunk(CHUNK, now_ns)[0] == pytest.approx(expected)


def test_velocity_is_per_second_and_zero_beyond_the_ends():
    assert sample_chunk(CHUNK, 1150)[1] == pytest.approx([2.0 * 1e7, -1e7])
    assert not sample_chunk(CHUNK, 999)[1].any()
    assert not sample_chunk(CHUNK, 1200)[1].any()


def test_the_rest_starts_at_the_time_asked_for_and_ends_with_the_chunk():
    assert rest_of(CHUNK, 1050)[:, 0] == pytest.approx([0.5, 2.0])
    assert rest_of(CHUNK, 1200)[:, 0] == pytest.approx([3.0])
    assert rest_of(CHUNK, 1201).shape == (0, 2)
