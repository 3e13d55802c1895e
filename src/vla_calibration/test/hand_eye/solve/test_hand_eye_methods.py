import numpy as np
import pytest
from vla_calibration.geometry import se3
from vla_calibration.hand_eye.solve.methods import METHODS, solve_all
from vla_calibration.hand_eye.solve.problem import Problem

X = se3.exp(np.array([0.1, -0.2, 1.4, 0.05, -0.03, 0.07]))
Y = se3.exp(np.array([0.05, 0.02, 0.6, 0.55, 0.1, 0.02]))


def problem(turns: np.ndarray) -> Problem:
    """Views without noise; turns: rotation vectors of the board in the camera, (n, 3) [rad]."""
    rng = np.random.default_rng(3)
    places = rng.uniform([-0.05, -0.05, 0.35], [0.05, 0.05, 0.55], (len(turns), 3))
    B = se3.exp(np.concatenate([turns, np.zeros_like(turns)], axis=1))
    B[:, :3, 3] = places
    A = Y @ se3.inverse(B) @ se3.inverse(X)
    S = np.repeat(np.diag([1e-6] * 3 + [1e-7] * 3)[None], len(B), axis=0)
    return Problem(A, B, S, np.zeros(3))


def results(given: Problem) -> dict:
    return {result.name: result for result in solve_all(given)}


def test_every_method_finds_the_exact_answer():
    given = problem(np.random.default_rng(0).uniform(-0.8, 0.8, (10, 3)))
    for name, result in results(given).items():
        assert result.X is not None, (name, result.rejection)
        assert pytest.approx(X, abs=1e-6) == result.X, name


def test_tsai_giving_up_on_small_rotations_is_a_rejection():
    found = results(problem(np.random.default_rng(0).uniform(-0.05, 0.05, (10, 3))))
    assert found['TSAI'].X is None
    assert 'identity: the rotations between the views are too small' in found['TSAI'].rejection
    assert found['PARK'].X is not None


def test_a_reflection_is_a_rejection():
    rng = np.random.default_rng(1)
    reflected = 0
    for _ in range(30):
        given = problem(rng.uniform(-0.8, 0.8, (6, 3)))
        given.B[0] = given.B[0] @ np.diag([-1.0, -1.0, 1.0, 1.0])
        given.B[1] = given.B[1] @ np.diag([-1.0, -1.0, 1.0, 1.0])
        found = results(given)['PARK']
        assert found.X is None or np.linalg.det(found.X[:3, :3]) > 0.0
        reflected += 'reflection' in found.rejection
    assert reflected > 0


def test_parallel_axes_give_no_nan():
    turns = np.zeros((8, 3))
    turns[:, 2] = np.linspace(-1.0, 1.0, 8)
    for result in results(problem(turns)).values():
        assert result.X is None or np.isfinite(result.X).all()
    assert results(problem(turns))['PARK'].rejection


def test_too_few_views_are_a_rejection():
    given = problem(np.random.default_rng(0).uniform(-0.8, 0.8, (2, 3)))
    assert {r.rejection for r in results(given).values()} == {'found 2 views; needed: 3'}
    assert set(results(given)) == set(METHODS)
