from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_calibration.geometry import se3

twists = st.lists(st.floats(-1.0, 1.0), min_size=6, max_size=6).map(np.array)


@settings(deadline=None)
@given(twists)
def test_log_undoes_exp(twist):
    assert se3.log(se3.exp(twist)) == pytest.approx(twist, abs=1e-10)
    assert se3.log(se3.exp(1e-7 * twist)) == pytest.approx(1e-7 * twist, abs=1e-16)


@settings(deadline=None)
@given(twists, twists)
def test_adjoint_moves_a_twist_to_the_other_side(first, second):
    T = se3.exp(first)
    moved = se3.exp(se3.adjoint(T) @ second) @ T
    assert T @ se3.exp(second) == pytest.approx(moved, abs=1e-12)
    assert se3.inverse(T) @ T == pytest.approx(np.eye(4), abs=1e-12)


@settings(deadline=None)
@given(twists, twists)
def test_right_jacobian_is_the_derivative_of_log(residual, direction):
    residual, step = 0.1 * residual, 1e-6 * direction
    moved = se3.log(se3.exp(residual) @ se3.exp(step))
    predicted = residual + se3.inverse_right_jacobian(residual) @ step
    assert moved == pytest.approx(predicted, abs=1e-10)
