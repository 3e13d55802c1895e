"""Hand-eye calibration that knows how wrong it is: from views to an accepted answer, or why not.

A residual below 5 mm does not certify an error below 5 mm: a focal length 1 % wrong moves the
camera by 4.5 mm and the residual by 0.2 mm. So the error is stated from the covariance and from a
budget for what the views cannot show, and held-out views must confirm the noise it rests on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from vla_calibration.geometry.pose import Pose
from vla_calibration.geometry.se3 import inverse
from vla_calibration.hand_eye.solve.checks import (
    check_problem,
    diversity_deg,
    explain_failure,
    LARGEST_PAIR_MISMATCH_DEG,
    pair_mismatch_deg,
    remedies,
    SMALLEST_DIVERSITY_DEG,
)
from vla_calibration.hand_eye.solve.groups import explain_groups
from vla_calibration.hand_eye.solve.leave_one_out import leave_one_out, LeaveOneOut
from vla_calibration.hand_eye.solve.methods import (
    angle_errors,
    centre_errors,
    initial_guess,
    MethodResult,
    solve_all,
)
from vla_calibration.hand_eye.solve.problem import (
    Frames,
    HandEyeError,
    make_problem,
    named_results,
    Problem,
    View,
)
from vla_calibration.hand_eye.solve.quantiles import normal_quantile
from vla_calibration.hand_eye.solve.solver import require_views, Solution, solve
from vla_calibration.hand_eye.solve.validation import (
    OtherDistance,
    scale_check,
    ScaleCheck,
    validate_at_other_distance,
)
from vla_contract.schema import setting
from vla_contract.values import Vector

# A robot worse than this is none: the views do not belong together.
_LARGEST_SIGMA_DEG, _LARGEST_SIGMA_MM = 2.0, 15.0
# From half as far off as stated: the stated error is too large then, which does no harm, unless
# it is so by far that what was stated is of something else.
_CHI2_RANGE = (0.25, 2.0)


@dataclass(frozen=True)
class Budget:
    """What the views cannot show, and what is demanded."""

    focal_sigma_percent: float = setting(
        0.2, doc='uncertainty of the focal length', unit='%', lower=0.0, upper=10.0
    )
    board_sigma_percent: float = setting(
        0.1, doc='uncertainty of the size of the printed board', unit='%', lower=0.0, upper=10.0
    )
    largest_error_mm: float = setting(
        5.0, doc='95 % error of the camera position that is accepted', unit='mm', lower=0.1,
        upper=1000.0,
    )  # fmt: skip

    def systematic_95_m(self, distance_m: float) -> float:
        """Return the error that a wrong focal length or board size causes at a distance [m].

        Both move the camera by their relative error times the distance of the board.
        """
        sigma = np.hypot(self.focal_sigma_percent, self.board_sigma_percent) / 100.0
        return float(normal_quantile(0.975) * sigma * distance_m)


@dataclass(frozen=True, eq=False)
class HandEyeResult:
    """The answer, and everything it was judged by.

    Attributes:
        camera: pose of the camera in its carrier: gripper or base.
        board: pose of the board in the base or gripper.
        names: name of each view given.
        problem: the equations of all views.
        solution: least squares and which views it rests on.
        held_out: every used view as predicted by the others.
        diversity_deg: how far the views turn about three axes, shape (3,).
        pair_mismatch_deg: per view, shape (n,).
        methods: what OpenCV's methods say to the same views.
        scale: size of board and focal length as the robot measures them; None with few views.
        other_distance: validation at another distance; None where the views allow none.
        statistical_95_mm: radius around the position from noise.
        systematic_95_mm: from the budget, and from a board or lens that the robot contradicts.
        reasons: why the answer is not accepted; empty where it is.
        warnings: what is remarkable nevertheless.
    """

    camera: Pose
    board: Pose
    setup: str
    frames: Frames
    names: tuple[str, ...]
    problem: Problem
    solution: Solution
    held_out: LeaveOneOut
    diversity_deg: Vector
    pair_mismatch_deg: Vector
    methods: tuple[MethodResult, ...]
    scale: ScaleCheck | None
    other_distance: OtherDistance | None
    statistical_95_mm: float
    systematic_95_mm: float
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether every gate holds."""
        return not self.reasons

    @property
    def predicted(self) -> Vector:
        """The board in the camera in every view as X, Y and the robot say, shape (n, 4, 4)."""
        fit = self.solution.fit
        return inverse(fit.X) @ inverse(self.problem.A) @ fit.Y

    @property
    def error_95_mm(self) -> float:
        """Radius that holds the camera's position with 95 %, noise and budget together."""
        return float(np.hypot(self.statistical_95_mm, self.systematic_95_mm))


def calibrate_hand_eye(
    views: Sequence[View],
    setup: str,
    frames: Frames | None = None,
    budget: Budget | None = None,
    seed: int = 0,
) -> HandEyeResult:
    """Calibrate a camera on a gripper, or beside a robot.

    Args:
        views: 5 or more, better 15; poses name their frames.
        setup: eye-in-hand or eye-to-hand.
        frames: the names that the poses must have.
        budget: what else is uncertain, and what is demanded.
        seed: seed of the random samples of the consensus.

    Raises:
        FrameError: a pose is in another frame, or its inverse was given.
        HandEyeError: the views do not determine an answer; says what to look for.
    """
    frames, budget = frames or Frames(), budget or Budget()
    require_views(len(views))
    problem = make_problem(views, setup, frames)
    check_problem(problem)
    names = tuple(view.name for view in views)
    solution = _solve_or_explain(problem, names, seed)
    held_out = leave_one_out(problem, solution)
    used = problem.subset(solution.used)
    diversity = diversity_deg(used)
    statistical_mm = 1000.0 * solution.error_95_m
    systematic_mm = 1000.0 * budget.systematic_95_m(used.distance_m)
    scale = scale_check(used, solution)
    if scale is not None and scale.is_suspicious:
        moved_m = np.linalg.norm(scale.X[:3, 3] - solution.fit.X[:3, 3])
        systematic_mm = float(np.hypot(systematic_mm, 1000.0 * moved_m))
    total_mm = float(np.hypot(statistical_mm, systematic_mm))
    reasons = _reasons(total_mm, held_out, diversity, budget, _is_noise_known(views))
    if total_mm >= budget.largest_error_mm and (groups := explain_groups(problem, names)):
        reasons.append(groups)
    camera, board = named_results(solution.fit.X, solution.fit.Y, setup, frames)
    return HandEyeResult(
        camera, board, setup, frames, names, problem, solution,
        held_out, diversity, pair_mismatch_deg(problem), tuple(solve_all(problem)), scale,
        validate_at_other_distance(problem, solution), statistical_mm, systematic_mm,
        tuple(reasons),
        tuple(_warnings(solution, scale)),
    )  # fmt: skip


def _solve_or_explain(problem: Problem, names: Sequence[str], seed: int) -> Solution:
    """Solve; where the views do not agree, say what is wrong with them."""
    try:
        solution = solve(problem, seed)
        problem_text = _disagreement(solution)
    except HandEyeError as error:
        solution, problem_text = None, str(error)
    if solution is not None and not problem_text:
        return solution
    mismatch = np.median(pair_mismatch_deg(problem))
    if mismatch <= LARGEST_PAIR_MISMATCH_DEG:
        for sentence, remedied in remedies(problem):
            if _agrees(remedied):
                raise HandEyeError(f'{problem_text}; {sentence}')
        groups = explain_groups(problem, names)
        if groups:
            raise HandEyeError(f'{problem_text}; {groups}')
    raise HandEyeError(f'{problem_text}; {explain_failure(problem)}')


def _agrees(problem: Problem) -> bool:
    """Say whether most views agree with the best first guess; enough for a hint."""
    try:
        X, Y = initial_guess(problem)
    except HandEyeError:
        return False
    distance_mm = 1000.0 * np.median(centre_errors(problem, X, Y))
    angle_deg = np.degrees(np.median(angle_errors(problem, X, Y)))
    return bool(distance_mm <= _LARGEST_SIGMA_MM and angle_deg <= _LARGEST_SIGMA_DEG)


def _disagreement(solution: Solution) -> str:
    """Say how far the views are from agreeing; empty where they agree."""
    degrees = float(np.degrees(solution.sigma.rotation_rad))
    millimetres = 1000.0 * solution.sigma.translation_m
    if degrees <= _LARGEST_SIGMA_DEG and millimetres <= _LARGEST_SIGMA_MM:
        return ''
    return (
        f'hand-eye: no camera pose explains the views: they disagree by {millimetres:.0f} mm and '
        f'{degrees:.1f} deg (allowed: {_LARGEST_SIGMA_MM:g} mm, {_LARGEST_SIGMA_DEG:g} deg)'
    )


def _reasons(
    total_mm: float,
    held_out: LeaveOneOut,
    diversity: Vector,
    budget: Budget,
    is_noise_known: bool,
) -> list[str]:
    reasons = []
    if not total_mm < budget.largest_error_mm:
        reasons.append(
            f'95 % error of the position is {total_mm:.1f} mm; allowed: less than '
            f'{budget.largest_error_mm:g} mm; take more views, nearer and turned further'
        )
    # Poses without covariance may well be better than what is assumed of them.
    low, high = _CHI2_RANGE if is_noise_known else (0.0, _CHI2_RANGE[1])
    if not low <= held_out.chi2_per_dof <= high:
        reasons.append(
            f'held-out views are {held_out.chi2_per_dof:.2f} times as far off as stated '
            f'(chi2 per degree of freedom); allowed: {low:g} to {high:g}'
        )
    if diversity[2] < SMALLEST_DIVERSITY_DEG:
        values = ', '.join(f'{value:.0f}' for value in diversity)
        reasons.append(
            f'the views turn by {values} deg about three axes; needed: '
            f'{SMALLEST_DIVERSITY_DEG:g} deg about each; tilt and roll the gripper further'
        )
    return reasons


def _is_noise_known(views: Sequence[View]) -> bool:
    return all(view.covariance is not None for view in views)


def _warnings(solution: Solution, scale: ScaleCheck | None) -> list[str]:
    warnings = []
    wrong = int((~solution.used).sum())
    if wrong:
        warnings.append(f'{wrong} of {len(solution.used)} views were wrong and not used')
    if scale is not None and scale.is_suspicious:
        warnings.append(scale.sentence)
    return warnings
