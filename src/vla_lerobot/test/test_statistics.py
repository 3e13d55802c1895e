from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.statistics import floored, PixelCounts, QUANTILES, vector_statistics


@settings(deadline=None)
@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 30), st.integers(1, 4)),
        elements=st.floats(-9, 9, width=32),
    )
)
def test_the_numbers_are_those_of_numpy(values):
    found = vector_statistics(values)
    assert found['mean'] == pytest.approx(values.mean(axis=0, dtype=float), abs=1e-6)
    assert found['std'] == pytest.approx(values.std(axis=0, dtype=float), abs=1e-6)
    assert found['min'].tolist() == values.min(axis=0).tolist()
    assert found['max'].tolist() == values.max(axis=0).tolist()
    assert found['count'].tolist() == [len(values)]
    for name, share in QUANTILES.items():
        wanted = np.quantile(values.astype(float), share, axis=0)
        assert found[name] == pytest.approx(wanted, abs=1e-6)


def test_a_column_of_single_numbers_has_one_statistic():
    assert vector_statistics(np.array([False, True]))['mean'].tolist() == [0.5]


@settings(deadline=None)
@given(
    arrays(
        np.uint8, st.tuples(st.integers(1, 4), st.just(3), st.integers(1, 5), st.integers(1, 5))
    )
)
def test_counted_pixels_give_the_statistics_of_the_pixels(images):
    counts = PixelCounts()
    for image in images:
        counts.add(image)
    found = counts.statistics()
    pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3)
    wanted = vector_statistics(pixels / 255.0)
    assert found['count'].tolist() == [len(images)]
    for name in ('min', 'max', 'mean', 'std', *QUANTILES):
        assert found[name].shape == (3, 1, 1)
        assert found[name].reshape(3) == pytest.approx(wanted[name], abs=1e-9), name


def test_names_and_shapes_are_those_of_lerobot():
    from lerobot.datasets.compute_stats import get_feature_stats

    rng = np.random.default_rng(0)
    rows = rng.uniform(size=(5000, 3)).astype(np.float32)
    theirs, ours = get_feature_stats(rows, axis=0, keepdims=False), vector_statistics(rows)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        assert value.shape == theirs[name].shape
        # LeRobot reads its quantiles off 5000 bins, without interpolating between two rows.
        assert value == pytest.approx(theirs[name], abs=2e-3), name


def test_joints_that_hardly_moved_get_the_smallest_deviation_and_images_keep_theirs():
    entry = {'mean': np.zeros(2), 'std': np.array([1e-4, 1.0])}
    floors = {STATE: np.full(2, 0.01), ACTION: np.full(2, 0.01)}
    found = floored({STATE: entry, ACTION: entry, 'observation.images.top': entry}, floors)
    assert found[STATE]['std'].tolist() == found[ACTION]['std'].tolist() == [0.01, 1.0]
    assert found['observation.images.top']['std'].tolist() == [1e-4, 1.0]
    assert entry['std'].tolist() == [1e-4, 1.0]
