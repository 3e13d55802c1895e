"""The oracles are scipy and the formulas of those whose numbers these are, written out."""

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_contract.errors import PolicyError
from vla_contract.vectors.rotations import ROTATIONS

# Rotations of up to 3.1 rad, away from half a turn; and those near a hand that points down.
AXES = np.random.default_rng(0).normal(size=(1000, 3))
AXES /= np.linalg.norm(AXES, axis=1, keepdims=True)
TURNS = Rotation.from_rotvec(AXES * np.random.default_rng(1).uniform(0.0, 3.1, (1000, 1)))
MATRICES = TURNS.as_matrix()
DOWN = np.array([math.pi, 0.0, 0.0])
ZERO = np.zeros(3)


def robosuites_quat2axisangle(quat):
    """As robosuite.utils.transform_utils: no sign of the quaternion is changed."""
    w = min(max(quat[3], -1.0), 1.0)
    den = math.sqrt(1.0 - w * w)
    return np.zeros(3) if math.isclose(den, 0.0) else quat[:3] * 2.0 * math.acos(w) / den


@pytest.mark.parametrize('near', [ZERO, DOWN])
@pytest.mark.parametrize('name', ROTATIONS)
def test_rotations_come_back(name, near):
    rotation = ROTATIONS[name]
    numbers = rotation.write(MATRICES, near)
    assert numbers.shape == (1000, len(rotation.names))
    back = np.array([rotation.read(row) for row in numbers])
    assert np.abs(back - MATRICES).max() <= 1e-12
    again = np.array([rotation.write(matrix, near) for matrix in back])
    assert np.abs(again - numbers).max() <= 1e-11


def test_rotation_vectors_and_quaternions_are_scipys():
    quaternions = TURNS.as_quat(canonical=True)
    assert (quaternions[:, 3] >= 0.0).all()
    found = ROTATIONS['quaternion_xyzw'].write(MATRICES, ZERO)
    assert found == pytest.approx(quaternions, abs=1e-12)
    other = ROTATIONS['quaternion_wxyz'].write(MATRICES, ZERO)
    assert other == pytest.approx(quaternions[:, [3, 0, 1, 2]], abs=1e-12)
    assert ROTATIONS['rotvec'].write(MATRICES, ZERO) == pytest.approx(TURNS.as_rotvec(), abs=1e-12)


def test_roll_pitch_yaw_are_about_fixed_axes():
    roll, pitch, yaw = ROTATIONS['rpy'].write(MATRICES, ZERO).T
    about = [
        Rotation.from_rotvec(np.outer(angle, axis))
        for angle, axis in zip((yaw, pitch, roll), np.eye(3)[::-1], strict=True)
    ]
    product = about[0] * about[1] * about[2]
    assert np.abs(product.as_matrix() - MATRICES).max() < 1e-12


def test_six_numbers_are_two_columns_or_two_rows():
    columns = np.concatenate([MATRICES[:, :, 0], MATRICES[:, :, 1]], axis=1)
    assert np.array_equal(ROTATIONS['rot6d_columns'].write(MATRICES, ZERO), columns)
    rows = MATRICES[:, :2, :].reshape(-1, 6)
    assert np.array_equal(ROTATIONS['rot6d_rows'].write(MATRICES, ZERO), rows)


def test_six_numbers_of_a_network_are_made_a_rotation():
    found = ROTATIONS['rot6d_columns'].read(np.array([2.0, 0.0, 0.0, 1.0, 3.0, 0.0]))
    assert found == pytest.approx(np.eye(3), abs=1e-15)


def test_rotation_vectors_of_robosuite_go_on_beyond_half_a_turn():
    """Its quaternions have the sign of MuJoCo; LIBERO's data reach 3.67 rad."""
    turns = Rotation.from_rotvec(DOWN) * Rotation.from_rotvec(0.9 * AXES)
    quaternions = turns.as_quat()
    quaternions *= np.sign(quaternions[:, :1])  # x > 0, as with a hand that points down
    wanted = np.array([robosuites_quat2axisangle(quat) for quat in quaternions])
    assert np.linalg.norm(wanted, axis=1).max() > 3.6
    found = ROTATIONS['rotvec'].write(turns.as_matrix(), DOWN)
    assert np.abs(found - wanted).max() <= 1e-12


@pytest.mark.parametrize('name', ['rpy', 'rotvec', 'quaternion_xyzw', 'quaternion_wxyz'])
def test_numbers_near_a_rotation_do_not_jump_there(name):
    """A hand that points down sways by 0.2 rad about half a turn."""
    sway = Rotation.from_rotvec(0.2 * np.sin(np.linspace(0.0, 12.0, 400))[:, None] * [1, 0.2, 0])
    numbers = ROTATIONS[name].write((Rotation.from_rotvec(DOWN) * sway).as_matrix(), DOWN)
    assert np.abs(np.diff(numbers, axis=0)).max() < 0.02


def test_no_turn_is_no_number():
    assert ROTATIONS['rotvec'].write(np.eye(3), ZERO) == pytest.approx(ZERO)
    assert ROTATIONS['rpy'].write(np.eye(3), ZERO) == pytest.approx(ZERO)


@pytest.mark.parametrize(
    ('name', 'numbers', 'message'),
    [
        ('quaternion_xyzw', [0.0, 0.0, 0.0, 0.0], 'a quaternion of length 0 is no rotation'),
        ('quaternion_wxyz', [0.01, 0.0, 0.0, 0.0], 'a quaternion of length 0.01'),
        ('rot6d_rows', [0.0, 0.0, 0.0, 0.0, 1.0, 0.0], 'two of length 1, at a right angle'),
        ('rot6d_columns', [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 'two of length 1, at a right angle'),
    ],
)
def test_what_is_no_rotation_is_refused(name, numbers, message):
    with pytest.raises(PolicyError, match=message):
        ROTATIONS[name].read(np.array(numbers))
