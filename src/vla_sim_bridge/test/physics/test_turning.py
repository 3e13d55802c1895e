"""Rotation vectors and matrices against scipy's."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from vla_sim_bridge.physics.turning import rotation_matrix, rotation_vector


@pytest.mark.parametrize('size', [0.0, 1e-9, 1e-3, 1.0, 3.1])
def test_both_ways_are_scipys(size):
    rng = np.random.default_rng(0)
    for axis in rng.normal(size=(50, 3)):
        turn = size * axis / np.linalg.norm(axis)
        matrix = Rotation.from_rotvec(turn).as_matrix()
        np.testing.assert_allclose(rotation_matrix(turn), matrix, atol=1e-14)
        np.testing.assert_allclose(rotation_vector(matrix), turn, atol=1e-13)
