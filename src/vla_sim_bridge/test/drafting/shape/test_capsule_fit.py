from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest
from vla_contract.deployment.geometry import Capsule
from vla_sim_bridge.drafting.shape.capsule_fit import fit_capsule

coordinate = st.floats(-0.5, 0.5, width=32)


def distances(capsule: Capsule, points: np.ndarray) -> np.ndarray:
    """Return how far points are from the axis of a capsule."""
    start, end = np.array(capsule.start), np.array(capsule.end)
    along = end - start
    share = (points - start) @ along / max(along @ along, 1e-12)
    return np.linalg.norm(points - start - np.clip(share, 0, 1)[:, None] * along, axis=1)


@settings(max_examples=25, deadline=None)
@given(arrays(float, st.tuples(st.integers(1, 30), st.just(3)), elements=coordinate))
def test_every_point_is_inside(points):
    capsule = fit_capsule('link', 'link', points)
    assert (distances(capsule, points) <= capsule.radius + 1e-4).all()


def test_points_of_a_capsule_give_that_capsule_back():
    rng = np.random.default_rng(0)
    ball = rng.normal(size=(600, 3))
    ball *= 0.05 / np.linalg.norm(ball, axis=1)[:, None]
    start, end = np.array([0.1, 0.0, 0.2]), np.array([0.2, 0.3, 0.1])
    points = np.concatenate([start + ball[:300], end + ball[300:]])
    capsule = fit_capsule('link', 'link', points)
    assert capsule.radius == pytest.approx(0.05, abs=2e-3)
    ends = sorted([capsule.start, capsule.end])
    assert np.array(ends) == pytest.approx(np.array([start, end]), abs=5e-3)


def test_a_slanted_box_gets_a_capsule_along_its_length():
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    turned = corners * [0.3, 0.02, 0.02] @ np.linalg.qr(np.ones((3, 3)) + np.eye(3))[0]
    capsule = fit_capsule('link', 'link', turned)
    assert capsule.radius == pytest.approx(0.02 * 2**0.5, abs=1e-3)
