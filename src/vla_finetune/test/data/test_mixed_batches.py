from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
from scipy.stats import binom
from vla_finetune.data.mixed_batches import MixedBatches, Pool

POOLS = (
    Pool('demonstrations', np.arange(0, 10), 0.1),
    Pool('simulated', np.arange(10, 1000), 0.9),
)


def test_samples_come_from_their_pools_by_the_stated_shares():
    drawn = [frame for batch in MixedBatches(POOLS, 32, range(300), seed=0) for frame in batch]
    real = sum(frame < 10 for frame in drawn)
    low, high = binom.interval(0.9999, len(drawn), 0.1)
    assert low <= real <= high
    counts = Counter(frame for frame in drawn if frame < 10)
    assert set(counts) == set(range(10))


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), start=st.integers(0, 20))
def test_a_step_sees_the_same_frames_wherever_training_began(seed, start):
    whole = list(MixedBatches(POOLS, 4, range(25), seed))
    assert list(MixedBatches(POOLS, 4, range(start, 25), seed)) == whole[start:]


def test_processes_that_train_together_see_different_frames():
    first, second = (list(MixedBatches(POOLS, 8, range(5), 0, rank)) for rank in (0, 1))
    assert first != second
