import numpy as np
import pytest
from vla_action_filter.plan.chunk_ensemble import ChunkEnsemble
from vla_contract.values import ActionChunk

PERIOD_NS = 100_000_000


def still(value: float, stamp_ns: int, count: int = 5) -> ActionChunk:
    return ActionChunk(stamp_ns, PERIOD_NS, np.full((count, 1), value))


def test_weights_fall_from_the_oldest_to_the_newest():
    ensemble = ChunkEnsemble(decay=0.5)
    values = (1.0, 2.0, 4.0)
    for k, value in enumerate(values):
        ensemble.offer(still(value, k * PERIOD_NS))
    weights = np.exp(-0.5 * np.arange(3))
    expected = weights @ values / weights.sum()
    assert ensemble.sample(2 * PERIOD_NS)[0][0] == pytest.approx(expected)


def test_chunks_that_have_ended_drop_out():
    ensemble = ChunkEnsemble(decay=0.0)
    ensemble.offer(still(1.0, 0, count=3))
    ensemble.offer(still(3.0, PERIOD_NS, count=5))
    assert ensemble.sample(PERIOD_NS)[0][0] == pytest.approx(2.0)
    assert ensemble.sample(3 * PERIOD_NS)[0][0] == pytest.approx(3.0)
    assert ensemble.sample(100 * PERIOD_NS)[0][0] == pytest.approx(3.0)


def test_an_older_observation_is_refused_and_nothing_plays_without_one():
    ensemble = ChunkEnsemble(decay=0.0)
    assert ensemble.sample(0) is None
    assert ensemble.offer(still(1.0, 200))
    assert not ensemble.offer(still(1.0, 100))
    ensemble.clear()
    assert ensemble.chunk is None
