"""Views between which something was changed: the sentence says which, and what."""

import numpy as np
import pytest
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.hand_eye.hand_eye import calibrate_hand_eye
from vla_calibration.hand_eye.solve.groups import explain_groups
from vla_calibration.hand_eye.solve.problem import HandEyeError, Problem, View
from vla_calibration.hand_eye.study import Scenario, simulate

NAMES = [f'{i}.png' for i in range(20)]


def problem(setup: str, robot_mm: float = 0.3) -> Problem:
    scenario = Scenario(20, 45, 0.2, robot_mm, robot_mm / 5.0, setup)
    return simulate(scenario, np.random.default_rng(0)).problem


def changed(given: Problem, which: np.ndarray, tool: np.ndarray) -> Problem:
    """Let the robot report another tool frame in some views."""
    A = given.A.copy()
    A[which] = se3.inverse(tool) @ A[which] if given.gripper_is_reference else A[which] @ tool
    return Problem(A, given.B, given.S, given.board_centre, given.gripper_is_reference)


def views(given: Problem) -> list[View]:
    robots = se3.inverse(given.A) if given.gripper_is_reference else given.A
    return [
        View(name, Pose('base', 'gripper', A), Pose('camera', 'board', B), S)
        for name, A, B, S in zip(NAMES, robots, given.B, given.S, strict=True)
    ]


@pytest.mark.parametrize('setup', ['eye-in-hand', 'eye-to-hand'])
def test_a_tcp_that_was_set_half_way_is_named(setup):
    tool = se3.exp(np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.1]))
    given = changed(problem(setup), np.arange(10, 20), tool)
    with pytest.raises(HandEyeError) as error:
        calibrate_hand_eye(views(given), setup)
    said = str(error.value)
    assert 'two groups of views: 0.png to 9.png agree with one another' in said
    assert 'so do 10.png to 19.png' in said
    assert 'its tool changed by 100 mm (a TCP was set)' in said


def test_a_board_that_was_moved_is_named_also_where_an_answer_exists():
    given = problem('eye-in-hand')
    # As if the board had moved: A' X B = Y' with Y' = Y shift.
    truth = simulate(Scenario(20, 45, 0.2, 0.3, 0.06), np.random.default_rng(0))
    shift = se3.exp(np.array([0.0, 0.0, 0.0, 0.03, 0.0, 0.0]))
    A = given.A.copy()
    A[12:] = truth.Y @ shift @ se3.inverse(truth.Y) @ A[12:]
    moved = Problem(A, given.B, given.S, given.board_centre)
    said = explain_groups(moved, NAMES)
    assert '0.png to 11.png' in said
    assert 'the board was moved by 30 mm' in said


def test_views_of_a_bad_robot_are_no_groups():
    for seed, robot_mm in enumerate((0.3, 2.0, 6.0)):
        scenario = Scenario(20, 45, 0.2, robot_mm, robot_mm / 5.0)
        given = simulate(scenario, np.random.default_rng(seed)).problem
        assert explain_groups(given, NAMES) == ''
