from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import FrameError, Pose
from vla_calibration.hand_eye.hand_eye import Budget, calibrate_hand_eye
from vla_calibration.hand_eye.solve.problem import Frames, HandEyeError, Problem, View
from vla_calibration.hand_eye.solve.solver import solve
from vla_calibration.hand_eye.solve.validation import scale_check
from vla_calibration.hand_eye.study import FAULTS, judge, Sample, Scenario, simulate, spoil

FRAMES = Frames('base', 'tool', 'optical', 'board')
GOOD = Scenario(15, 45, 0.2, 0.5, 0.1)


@cache
def sample(scenario: Scenario = GOOD, seed: int = 0) -> Sample:
    return simulate(scenario, np.random.default_rng(seed))


def views(problem: Problem) -> list[View]:
    """Write a problem as views of the set-up it is of."""
    result = []
    for i in range(len(problem)):
        robot = Pose('base', 'tool', problem.A[i])
        if problem.gripper_is_reference:
            robot = Pose('tool', 'base', problem.A[i]).inverse()
        board = Pose('optical', 'board', problem.B[i])
        result.append(View(f'{i}.png', robot, board, problem.S[i]))
    return result


@pytest.mark.parametrize('setup', ['eye-in-hand', 'eye-to-hand'])
def test_both_setups_find_the_camera_and_say_how_sure_they_are(setup):
    for mm, deg, allowed_mm in ((0.0, 0.0, 1.0), (1.0, 0.2, 3.0)):
        given = sample(Scenario(20, 45, 0.2, mm, deg, setup))
        result = calibrate_hand_eye(views(given.problem), setup, FRAMES)
        error_mm = 1000.0 * np.linalg.norm(result.camera.position - given.X[:3, 3])
        assert error_mm < allowed_mm
        assert error_mm < result.error_95_mm
        assert result.is_accepted, result.reasons
        parent = 'tool' if setup == 'eye-in-hand' else 'base'
        assert (result.camera.parent, result.camera.child) == (parent, 'optical')
        assert result.solution.sigma.translation_m == pytest.approx(mm / 1000.0, abs=5e-4)


def test_our_answer_is_better_than_opencvs_and_its_ellipsoid_is_honest():
    exact_robot = Scenario(12, 45, 0.2, 0.1, 0.02)
    trials = [judge(sample(exact_robot, seed), ('PARK', 'DANIILIDIS')) for seed in range(8)]
    ours = np.median([trial.ours_mm for trial in trials])
    for name in ('PARK', 'DANIILIDIS'):
        assert ours <= np.median([trial.error_mm[name] for trial in trials])
    assert np.mean([trial.is_covered for trial in trials]) >= 0.75


@pytest.mark.parametrize('fault', FAULTS)
def test_four_wrong_views_of_twenty_are_found_and_change_nothing(fault):
    rng = np.random.default_rng(5)
    clean = simulate(replace(GOOD, views=20), rng)
    bad = spoil(clean, fault, 4, rng)
    wrong = np.abs(bad.problem.A - clean.problem.A).max(axis=(1, 2)) > 1e-9
    wrong |= np.abs(bad.problem.B - clean.problem.B).max(axis=(1, 2)) > 1e-9
    found = solve(bad.problem)
    assert not (found.used & wrong).any()
    assert (~found.used & ~wrong).sum() <= 1
    alone = solve(clean.problem.subset(~wrong))
    assert 1000.0 * np.linalg.norm(found.fit.X[:3, 3] - alone.fit.X[:3, 3]) < 0.3


def test_the_same_views_give_the_same_answer():
    given = sample()
    first, second = solve(given.problem), solve(given.problem)
    assert (first.fit.X == second.fit.X).all()


def test_a_wrong_board_size_is_seen_by_the_robot():
    given = sample(Scenario(20, 45, 0.2, 0.1, 0.02))
    B = given.problem.B.copy()
    B[:, :3, 3] /= 1.01
    wrong = replace(given.problem, B=B)
    check = scale_check(wrong, solve(wrong))
    assert check.board_percent == pytest.approx(1.0, abs=0.3)
    assert check.is_suspicious
    assert 1000.0 * np.linalg.norm(check.X[:3, 3] - given.X[:3, 3]) < 1.0
    result = calibrate_hand_eye(views(wrong), 'eye-in-hand', FRAMES)
    assert any('measure the printed board' in text for text in result.warnings)
    # The stated error knows: it holds the truth although the noise alone does not.
    error_mm = 1000.0 * np.linalg.norm(result.camera.position - given.X[:3, 3])
    assert result.statistical_95_mm < error_mm < result.error_95_mm


def test_small_rotations_are_not_accepted():
    result = calibrate_hand_eye(
        views(sample(Scenario(15, 8, 0.2, 0.5, 0.1)).problem), 'eye-in-hand', FRAMES
    )
    assert not result.is_accepted
    assert any('needed: 15 deg about each' in reason for reason in result.reasons)


def test_a_demand_that_is_not_met_is_a_reason():
    result = calibrate_hand_eye(
        views(sample().problem), 'eye-in-hand', FRAMES, Budget(largest_error_mm=0.5)
    )
    assert 'allowed: less than 0.5 mm' in result.reasons[0]


def parallel(problem: Problem) -> Problem:
    turns = np.zeros((len(problem), 6))
    turns[:, 2] = np.linspace(-1.0, 1.0, len(problem))
    B = se3.exp(turns)
    B[:, :3, 3] = problem.B[:, :3, 3]
    X, Y = solve(problem).fit.X, solve(problem).fit.Y
    return replace(problem, A=Y @ se3.inverse(B) @ se3.inverse(X), B=B)


def scaled(problem: Problem, name: str, factor: float) -> Problem:
    T = getattr(problem, name).copy()
    T[:, :3, 3] *= factor
    return replace(problem, **{name: T})


def shuffled_quaternions(problem: Problem) -> Problem:
    """Read wxyz as xyzw."""
    poses = [Pose('a', 'b', T) for T in problem.A]
    wrong = [Pose.from_xyzw('a', 'b', p.position, p.quaternion[[3, 0, 1, 2]]).T for p in poses]
    return replace(problem, A=np.array(wrong))


@pytest.mark.parametrize(
    ('damage', 'message'),
    [
        (lambda p: p.subset([0, 1, 2]), 'found 3 usable views; needed: 5'),
        (lambda p: p.subset([0] * 10), 'the views turn by'),
        (parallel, 'all rotations are about one axis'),
        (lambda p: scaled(p, 'A', 1000.0), 'robot poses.*look like millimetres'),
        (lambda p: scaled(p, 'B', 1000.0), 'board poses.*look like millimetres'),
        (lambda p: scaled(p, 'A', 0.001), 'robot poses.*divided by 1000'),
        (shuffled_quaternions, 'quaternions of the robot are read as wxyz'),
        (
            lambda p: replace(p, A=np.roll(p.A, 1, axis=0)),
            'turn by angles that differ by.*robot poses of other images',
        ),
        (lambda p: replace(p, A=se3.inverse(p.A)), 'one of the two lists is inverted'),
        (lambda p: replace(p, B=se3.inverse(p.B)), 'one list has the wrong direction'),
    ],
    ids=['few', 'copies', 'parallel', 'mm', 'board mm', 'km', 'wxyz', 'stale', 'inverse', 'board'],
)
def test_what_cannot_be_calibrated_says_why(damage, message):
    with pytest.raises(HandEyeError, match=message):
        calibrate_hand_eye(views(damage(sample().problem)), 'eye-in-hand', FRAMES)


def test_lists_that_are_both_inverted_are_refused_by_their_frames():
    """Their residual is as small as that of the right ones."""
    inverted = [
        replace(view, robot=view.robot.inverse(), board=view.board.inverse())
        for view in views(sample().problem)
    ]
    with pytest.raises(FrameError, match='it is the inverse'):
        calibrate_hand_eye(inverted, 'eye-in-hand', FRAMES)


def test_an_unknown_setup_is_refused():
    with pytest.raises(HandEyeError, match="'in-hand' is unknown; allowed: eye-in-hand"):
        calibrate_hand_eye(views(sample().problem), 'in-hand', FRAMES)
