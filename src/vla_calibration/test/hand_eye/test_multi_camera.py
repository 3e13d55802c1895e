import numpy as np
import pytest
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.hand_eye.hand_eye import calibrate_hand_eye
from vla_calibration.hand_eye.multi_camera import calibrate_cameras
from vla_calibration.hand_eye.solve.problem import Frames, HandEyeError, View
from vla_calibration.hand_eye.study import Sample, Scenario, simulate

FRAMES = {name: Frames('base', 'tool', f'{name}_optical', 'board') for name in ('left', 'right')}
# Where the right camera stands beside the one that the study simulates.
LEFT_RIGHT = se3.exp(np.array([0.0, 0.3, 0.1, 0.2, 0.02, 0.05]))


def seen(name: str, given: Sample, moved: np.ndarray | None = None) -> list[View]:
    """Write a sample as views of a camera; moved: of another camera carried along with it."""
    shift = np.eye(4) if moved is None else moved
    views = []
    for i, (A, B) in enumerate(zip(given.problem.A, given.problem.B, strict=True)):
        # The same picture from a camera elsewhere: the robot was where that takes it.
        robot = Pose('tool', 'base', A @ given.X @ se3.inverse(shift) @ se3.inverse(given.X))
        views.append(View(
            f'{i}', robot.inverse(), Pose(f'{name}_optical', 'board', B), given.problem.S[i],
        ))  # fmt: skip
    return views


def sample(seed: int) -> Sample:
    scenario = Scenario(12, 45, 0.2, 0.3, 0.05, 'eye-to-hand')
    return simulate(scenario, np.random.default_rng(seed))


def both(seed: int) -> tuple[dict[str, list[View]], np.ndarray, np.ndarray]:
    left, right = sample(seed), sample(seed + 100)
    moved = left.X @ LEFT_RIGHT @ se3.inverse(left.X)
    shift = se3.inverse(left.X) @ moved @ left.X
    views = {'left': seen('left', left), 'right': seen('right', right, shift)}
    return views, left.X, left.X @ shift


def test_two_cameras_share_one_board():
    views, left, right = both(0)
    result = calibrate_cameras(views, 'eye-to-hand', FRAMES)
    for name, truth in (('left', left), ('right', right)):
        pose = result.each[name].camera
        assert (pose.parent, pose.child) == ('base', f'{name}_optical')
        assert 1000.0 * np.linalg.norm(pose.position - truth[:3, 3]) < 2.0
    between, covariance = result.between('left', 'right')
    error = se3.log(between.inverse().T @ LEFT_RIGHT)
    assert error @ np.linalg.solve(covariance, error) < 22.5  # 99.9 % of chi2 with 6
    # The shared board makes every camera surer than it is alone.
    alone = calibrate_hand_eye(views['left'], 'eye-to-hand', FRAMES['left'])
    assert result.each['left'].statistical_95_mm < alone.statistical_95_mm


def test_cameras_that_see_two_boards_are_refused():
    views, _, _ = both(0)
    elsewhere = Pose('board', 'board', se3.exp(np.array([0.0, 0.0, 0.2, 0.05, 0.0, 0.0])))
    views['right'] = [
        View(v.name, v.robot, v.board @ elsewhere, v.covariance) for v in views['right']
    ]
    with pytest.raises(HandEyeError, match="'left' and 'right' see the board.*one board"):
        calibrate_cameras(views, 'eye-to-hand', FRAMES)


def test_one_camera_is_not_several():
    views, _, _ = both(0)
    with pytest.raises(HandEyeError, match='found 1; needed: two or more'):
        calibrate_cameras({'left': views['left']}, 'eye-to-hand', FRAMES)
    with pytest.raises(HandEyeError, match="camera 'right': .*found 3 usable views"):
        calibrate_cameras(
            {'left': views['left'], 'right': views['right'][:3]}, 'eye-to-hand', FRAMES
        )
