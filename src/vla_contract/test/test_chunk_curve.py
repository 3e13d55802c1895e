from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline
from vla_contract.chunk_curve import ChunkCurve
from vla_contract.values import ActionChunk

PERIOD_NS = 100_000_000


def curve_of(points, grippers=()):
    return ChunkCurve(ActionChunk(0, PERIOD_NS, np.array(points, dtype=float)), grippers)


def test_it_is_the_spline_of_catmull_and_rom():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(6, 3))
    slopes = np.gradient(points, axis=0)
    slopes[-1] = 0.0
    oracle = CubicHermiteSpline(np.arange(6), points, slopes)
    for t in np.linspace(0.001, 4.999, 57):
        position, velocity = curve_of(points).sample(round(t * PERIOD_NS))
        assert position == pytest.approx(oracle(t), abs=1e-7)
        assert velocity == pytest.approx(oracle(t, 1) * 10.0, abs=1e-5)


@given(
    st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=8),
    st.lists(st.integers(0, 8 * PERIOD_NS), min_size=1, max_size=20),
)
def test_a_gripper_never_leaves_the_range_of_its_points(points, times):
    curve = curve_of([[p, p] for p in points], grippers=(1,))
    for time_ns in times:
        position, _ = curve.sample(time_ns)
        k = min(time_ns // PERIOD_NS, len(points) - 1)
        low, high = sorted((points[k], points[min(k + 1, len(points) - 1)]))
        assert low - 1e-12 <= position[1] <= high + 1e-12


def test_a_step_of_a_joint_overshoots_and_that_of_a_gripper_does_not():
    curve = curve_of([[0, 0], [0, 0], [1, 1], [1, 1]], grippers=(1,))
    samples = np.array([curve.sample(t * PERIOD_NS // 50)[0] for t in range(150)])
    assert samples[:, 0].min() < -0.05
    assert (samples[:, 1].min(), samples[:, 1].max()) == (0.0, 1.0)
