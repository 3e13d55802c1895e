import numpy as np
import pytest
from scipy.optimize import minimize
from vla_action_filter.limits.minimal_intervention import nearest_speed, towards


def problem(seed: int):
    """Return desired speeds, a box around zero and rows that standing still obeys."""
    rng = np.random.default_rng(seed)
    low, high = -rng.uniform(0.1, 1.0, 7), rng.uniform(0.1, 1.0, 7)
    rows, room = rng.normal(size=(6, 7)), rng.uniform(0.0, 0.5, 6)
    return rng.normal(size=7), low, high, rows, room


@pytest.mark.parametrize('seed', range(8))
def test_the_answer_is_the_nearest_feasible_speed(seed):
    desired, low, high, rows, room = problem(seed)
    speed, found = nearest_speed(desired, low, high, rows, room)
    assert found
    expected = minimize(
        lambda v: ((v - desired) ** 2).sum(),
        np.zeros(7),
        jac=lambda v: 2 * (v - desired),
        bounds=list(zip(low, high, strict=True)),
        constraints={'type': 'ineq', 'fun': lambda v: rows @ v + room, 'jac': lambda v: rows},
        method='SLSQP',
        options={'ftol': 1e-12},
    )
    assert speed == pytest.approx(expected.x, abs=1e-4)


def test_the_box_holds_where_the_rows_contradict_it():
    low, high = np.full(7, 0.1), np.full(7, 0.2)
    rows = -np.ones((1, 7))
    speed, found = nearest_speed(np.full(7, 0.2), low, high, rows, np.zeros(1))
    assert found
    assert (speed >= low).all()
    assert (speed <= high).all()
    assert speed == pytest.approx(low, abs=1e-3)


def test_a_problem_that_is_not_finite_is_not_solved():
    desired, low, high, rows, room = problem(0)
    assert not nearest_speed(desired * np.nan, low, high, rows, room)[1]


@pytest.mark.parametrize('seed', range(20))
def test_the_closed_form_stays_on_the_path_and_inside(seed):
    desired, low, high, rows, room = problem(seed)
    safe = np.zeros(7)
    speed = towards(safe, desired, low, high, rows, room)
    assert (speed >= low - 1e-12).all()
    assert (speed <= high + 1e-12).all()
    assert (rows @ speed >= -room - 1e-12).all()
    share = speed[0] / desired[0]
    assert 0.0 <= share <= 1.0
    assert speed == pytest.approx(share * desired)


def test_the_closed_form_reaches_a_wish_that_is_allowed():
    _, low, high, rows, room = problem(1)
    desired = 1e-3 * np.ones(7)
    assert towards(np.zeros(7), desired, low, high, rows, room + 1.0) == pytest.approx(desired)
