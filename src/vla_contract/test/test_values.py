import numpy as np
import pytest
from vla_contract.values import ActionChunk, JointSample, Observation, to_ns


def test_values_are_frozen_copies():
    source = np.zeros(3)
    sample = JointSample(0, source, source)
    source[0] = 1.0
    assert sample.position[0] == 0.0
    with pytest.raises(ValueError, match='read-only'):
        sample.position[0] = 2.0


@pytest.mark.parametrize(
    'make',
    [
        lambda: JointSample(0, np.zeros(3), np.zeros(2)),
        lambda: Observation(0, np.zeros((2, 2)), {}, ''),
        lambda: ActionChunk(0, 1, np.zeros(3)),
        lambda: ActionChunk(0, 1, np.zeros((0, 3))),
        lambda: ActionChunk(0, 0, np.zeros((2, 3))),
    ],
)
def test_wrong_shapes_are_refused(make):
    with pytest.raises(ValueError, match=r'shape|needs'):
        make()


def test_a_chunk_ends_at_its_last_point():
    assert ActionChunk(100, 10, np.zeros((4, 2))).end_ns == 130


def test_seconds_become_the_nearest_nanosecond():
    assert to_ns(0.1) == 100_000_000
