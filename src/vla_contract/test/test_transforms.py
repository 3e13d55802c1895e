from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_contract.transforms import (
    invert,
    look_at,
    make_transform,
    wxyz_from_xyzw,
    xyzw_from_wxyz,
)

number = st.floats(-3.0, 3.0)
vector = st.tuples(number, number, number).map(np.array)


@settings(deadline=None)
@given(vector, vector)
def test_a_transform_times_its_inverse_is_one(position, turn):
    T = make_transform(position, Rotation.from_rotvec(turn).as_matrix())
    assert T @ invert(T) == pytest.approx(np.eye(4), abs=1e-12)


def test_quaternion_orders_round_trip():
    xyzw = np.array([0.1, 0.2, 0.3, 0.9])
    assert wxyz_from_xyzw(xyzw).tolist() == [0.9, 0.1, 0.2, 0.3]
    assert xyzw_from_wxyz(wxyz_from_xyzw(xyzw)).tolist() == xyzw.tolist()


def test_a_camera_looks_along_z_with_y_down():
    rotation = look_at(np.array([1.0, 0.0, 1.0]), np.zeros(3))
    assert rotation[:, 2] == pytest.approx(np.array([-1, 0, -1]) / np.sqrt(2))
    assert rotation[2, 1] < 0
    assert np.linalg.det(rotation) == pytest.approx(1.0)
