import numpy as np
import pytest
from vla_sim_bridge.drafting.reach import common_front, Reach

X, Y = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])


def test_an_arm_that_turns_all_round_looks_along_x_and_others_to_their_side():
    assert Reach(0 * X, 1.0, 0.02 * Y).front.tolist() == X.tolist()
    assert Reach(0 * X, 1.0, -0.3 * Y + 0.1 * X).front.tolist() == (-Y).tolist()
    assert common_front([Reach(0 * X, 1.0, 0 * X)]) == [None]


def test_arms_of_a_torso_look_the_same_way_and_keep_their_hands_apart():
    left, right = (Reach(y * Y + np.array([0, 0, 0.7]), 0.6, y * Y) for y in (0.09, -0.09))
    points = common_front([left, right])
    for point, y in zip(points, (1.0, -1.0), strict=True):
        away = point - np.array([0, 0, 0.7])
        assert away[0] == pytest.approx(1.2)
        # A quarter of the way to the point, half of the reach ahead.
        assert 0.09 * y + (away[1] - 0.09 * y) / 4 == pytest.approx(0.15 * y)


def test_arms_that_face_each_other_look_at_what_is_between_them():
    points = common_front([Reach(-0.5 * X, 0.8, 0 * X), Reach(0.5 * X, 0.8, 0 * X)])
    assert all(point == pytest.approx(np.zeros(3)) for point in points)
