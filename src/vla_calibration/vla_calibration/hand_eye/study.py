"""Simulated hand-eye calibrations with known truth: how wrong is the answer, and does it know?

Poses of a camera around a board, corners with noise, a robot that is not where it says. No
images are drawn, so a thousand calibrations take a minute.
"""

from dataclasses import dataclass, replace

import numpy as np
from vla_calibration.board.boards import Board
from vla_calibration.board.detection import Detection
from vla_calibration.board.pose import board_pose, BoardPose, corner_noise_px
from vla_calibration.geometry import se3
from vla_calibration.hand_eye.solve.gls import RobotSigma
from vla_calibration.hand_eye.solve.methods import METHODS, solve_all
from vla_calibration.hand_eye.solve.problem import Problem
from vla_calibration.hand_eye.solve.solver import Solution, solve
from vla_calibration.lens.lens import Lens
from vla_contract import so3
from vla_contract.transforms import make_transform
from vla_contract.values import Vector

BOARD = Board('chessboard', 9, 6, 0.025)
LENS = Lens(640, 480, np.array([[600.0, 0, 320.0], [0, 600.0, 240.0], [0, 0, 1]]), np.zeros(5))
# A camera at the flange, a board on the table before the robot; eye-to-hand turns the two round:
# a camera on a tripod, a board in the gripper.
_NEAR = se3.exp(np.array([0.1, -0.2, 1.4, 0.05, -0.03, 0.07]))
_FAR = se3.exp(np.array([0.05, 0.02, 0.6, 0.55, 0.1, 0.02]))


@dataclass(frozen=True)
class Scenario:
    """One row of the study.

    Attributes:
        views: how many.
        turn_deg: the camera's tilt and roll are within plus and minus this.
        corner_px: noise of a corner per coordinate.
        robot_mm: error of the robot's position per axis.
        robot_deg: error of the robot's rotation per axis.
        setup: eye-in-hand or eye-to-hand.
    """

    views: int
    turn_deg: float
    corner_px: float
    robot_mm: float
    robot_deg: float
    setup: str = 'eye-in-hand'

    def __str__(self) -> str:
        return (
            f'{self.views} views, {self.turn_deg:g} deg, {self.corner_px:g} px, '
            f'{self.robot_mm:g} mm/{self.robot_deg:g} deg'
        )


# Number of views, their tilt and the errors of robot and camera, from easy to hard.
ROWS = (
    Scenario(15, 45, 0.2, 0.1, 0.02),
    Scenario(15, 45, 0.5, 0.1, 0.02),
    Scenario(15, 45, 0.2, 0.5, 0.1),
    Scenario(15, 45, 0.2, 2.0, 0.3),
    Scenario(15, 30, 0.2, 0.5, 0.1),
    Scenario(15, 15, 0.2, 0.5, 0.1),
    Scenario(15, 5, 0.2, 0.5, 0.1),
    Scenario(5, 45, 0.2, 0.5, 0.1),
    Scenario(8, 45, 0.2, 0.5, 0.1),
    Scenario(30, 45, 0.2, 0.5, 0.1),
)
FAULTS = ('stale robot pose', 'stale board pose', 'half a turn', 'other planar branch')


@dataclass(frozen=True, eq=False)
class Sample:
    """One simulated calibration: what is given, and the truth."""

    problem: Problem
    X: Vector
    Y: Vector
    other_branches: Vector


@dataclass(frozen=True, eq=False)
class Trial:
    """What came of one sample.

    Attributes:
        error_mm: position error of X of each method; NaN where it was rejected.
        ours_mm: position error of our X.
        is_covered: whether the 95 % ellipsoid of the position holds the truth.
        is_bounded: whether the stated 95 % bound does.
        solution: ours.
    """

    error_mm: dict[str, float]
    ours_mm: float
    is_covered: bool
    is_bounded: bool
    solution: Solution


def simulate(scenario: Scenario, rng: np.random.Generator) -> Sample:
    """Draw the views of one calibration."""
    boards_true = np.array([_random_view(scenario, rng) for _ in range(scenario.views)])
    boards = [_seen(T, scenario.corner_px, rng) for T in boards_true]
    sigma_px = corner_noise_px(boards)
    B = np.array([board.T_camera_board for board in boards])
    other = np.array(
        [B[i] if b.second_pose is None else b.second_pose for i, b in enumerate(boards)]
    )
    X, Y = (_FAR, _NEAR) if scenario.setup == 'eye-to-hand' else (_NEAR, _FAR)
    A = Y @ se3.inverse(boards_true) @ se3.inverse(X)
    error = RobotSigma(np.radians(scenario.robot_deg), scenario.robot_mm / 1000.0)
    spread = np.sqrt(error.covariance.diagonal())
    noise = se3.exp(rng.normal(size=(scenario.views, 6)) * spread)
    # The robot errs in its gripper's frame, which in eye-to-hand is on the other side of A.
    reported = A @ noise if scenario.setup == 'eye-in-hand' else noise @ A
    S = np.array([board.covariance(sigma_px) for board in boards])
    centre = BOARD.points().mean(axis=0)
    problem = Problem(reported, B, S, centre, scenario.setup == 'eye-to-hand')
    return Sample(problem, X, Y, other)


def spoil(sample: Sample, fault: str, count: int, rng: np.random.Generator) -> Sample:
    """Return the sample with some views wrong, as they are in practice."""
    A, B = sample.problem.A.copy(), sample.problem.B.copy()
    for i in rng.choice(len(A), count, replace=False):
        if fault == 'stale robot pose':
            direction = rng.normal(size=(2, 3))
            direction /= np.linalg.norm(direction, axis=1, keepdims=True)
            length = np.array([[np.radians(4.0)], [0.025]])
            A[i] = A[i] @ se3.exp((direction * length).ravel())
        elif fault == 'stale board pose':
            B[i] = sample.problem.B[(i + 1) % len(B)]
        elif fault == 'half a turn':
            far = BOARD.points().max(axis=0)
            B[i] = B[i] @ make_transform(far, np.diag([-1.0, -1.0, 1.0]))
        else:
            B[i] = sample.other_branches[i]
    return replace(sample, problem=replace(sample.problem, A=A, B=B))


def judge(sample: Sample, methods: tuple[str, ...] = tuple(METHODS)) -> Trial:
    """Calibrate by every method and compare with the truth."""
    errors = {}
    for result in solve_all(sample.problem, methods):
        errors[result.name] = (
            float('nan') if result.X is None else _position_error_mm(result.X, sample.X)
        )
    solution = solve(sample.problem)
    offset = solution.fit.X[:3, 3] - sample.X[:3, 3]
    mahalanobis = offset @ np.linalg.solve(solution.fit.position_covariance, offset)
    return Trial(
        errors,
        _position_error_mm(solution.fit.X, sample.X),
        bool(mahalanobis <= solution.ellipsoid_factor),
        bool(np.linalg.norm(offset) <= solution.error_95_m),
        solution,
    )


def _random_view(scenario: Scenario, rng: np.random.Generator) -> Vector:
    """Return a pose of the board in the camera: near the middle of the image, not too far."""
    limit = np.radians(scenario.turn_deg)
    tilt_x, tilt_y, roll = rng.uniform(-limit, limit, 3)
    R = so3.Rotation.from_euler('zxy', [roll, tilt_x, tilt_y]).as_matrix()
    distance = rng.uniform(0.35, 0.55)
    centre = np.array([*rng.uniform(-0.05, 0.05, 2), distance])
    return make_transform(centre - R @ BOARD.points().mean(axis=0), R)


def _seen(T: Vector, corner_px: float, rng: np.random.Generator) -> BoardPose:
    points = BOARD.points()
    pixels = LENS.project(points, T) + rng.normal(0.0, corner_px, (len(points), 2))
    return board_pose(Detection(np.arange(len(points)), pixels, points), LENS)


def _position_error_mm(X: Vector, truth: Vector) -> float:
    return 1000.0 * float(np.linalg.norm(X[:3, 3] - truth[:3, 3]))
