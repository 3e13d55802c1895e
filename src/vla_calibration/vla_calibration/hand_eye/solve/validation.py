"""What the robot says about the board's size and the focal length, and about other distances."""

from dataclasses import dataclass

import numpy as np
from vla_calibration.hand_eye.solve.gls import fit
from vla_calibration.hand_eye.solve.methods import centre_errors
from vla_calibration.hand_eye.solve.problem import HandEyeError, Problem
from vla_calibration.hand_eye.solve.solver import FEWEST_VIEWS, Solution
from vla_contract.values import Vector

# With fewer views two more unknowns are asked too much.
_FEWEST_FOR_SCALE = 8
_REMARKABLE_PERCENT, _REMARKABLE_SIGMAS = 0.3, 3.0
# The far views must be this much further away than the near ones.
_SMALLEST_DISTANCE_RATIO = 1.2


@dataclass(frozen=True)
class ScaleCheck:
    """Size of the board and focal length, free beside X: the robot supplies the metres.

    Attributes:
        board_percent: how much larger the board is than typed.
        board_sigma_percent: standard deviation of that.
        focal_percent: how much longer the lens is than calibrated.
        focal_sigma_percent: standard deviation of that.
        X: camera in carrier with both free, shape (4, 4).
    """

    board_percent: float
    board_sigma_percent: float
    focal_percent: float
    focal_sigma_percent: float
    X: Vector

    @property
    def is_suspicious(self) -> bool:
        """Whether one of them is wrong beyond doubt, and enough to matter."""
        return _stands_out(self.board_percent, self.board_sigma_percent) or _stands_out(
            self.focal_percent, self.focal_sigma_percent
        )

    @property
    def sentence(self) -> str:
        """What the robot says, in words."""
        return (
            f'by the robot the board is off by {self.board_percent:+.2f} +- '
            f'{self.board_sigma_percent:.2f} % and the focal length by {self.focal_percent:+.2f} '
            f'+- {self.focal_sigma_percent:.2f} %; measure the printed board, calibrate the lens '
            'again'
        )


def _stands_out(percent: float, sigma: float) -> bool:
    return abs(percent) > max(_REMARKABLE_PERCENT, _REMARKABLE_SIGMAS * sigma)


def scale_check(used: Problem, solution: Solution) -> ScaleCheck | None:
    """Fit with board size and focal length free; None where the views do not determine them."""
    if len(used) < _FEWEST_FOR_SCALE:
        return None
    start = solution.fit
    try:
        free = fit(used, start.X, start.Y, solution.sigma, free_scale=True)
    except HandEyeError:
        return None
    sigma = 100.0 * np.sqrt(free.covariance.diagonal()[12:])
    board, focal = 100.0 * free.scale
    return ScaleCheck(float(board), float(sigma[0]), float(focal), float(sigma[1]), free.X)


@dataclass(frozen=True)
class OtherDistance:
    """Prediction of boards at one distance by a calibration at another.

    Attributes:
        near_m: median distance of the nearer half.
        far_m: median distance of the further half.
        far_by_near_mm: error of the further boards' middles, predicted by the nearer views, rms.
        near_by_far_mm: the reverse.
    """

    near_m: float
    far_m: float
    far_by_near_mm: float
    near_by_far_mm: float


def validate_at_other_distance(problem: Problem, solution: Solution) -> OtherDistance | None:
    """Calibrate on the nearer half and predict the further one, and the reverse.

    X and a wrong lens compensate at the distance they were calibrated at; elsewhere they do not.
    """
    used = np.flatnonzero(solution.used)
    distance = np.linalg.norm(problem.centres[used], axis=1)
    order = used[np.argsort(distance)]
    near, far = problem.subset(order[: len(order) // 2]), problem.subset(order[len(order) // 2 :])
    if len(near) < FEWEST_VIEWS or far.distance_m < _SMALLEST_DISTANCE_RATIO * near.distance_m:
        return None
    try:
        far_mm, near_mm = _predict(near, far, solution), _predict(far, near, solution)
    except HandEyeError:
        return None
    return OtherDistance(near.distance_m, far.distance_m, far_mm, near_mm)


def _predict(given: Problem, wanted: Problem, solution: Solution) -> float:
    """Return the rms error [mm] of wanted boards, from a fit to the given ones."""
    answer = fit(given, solution.fit.X, solution.fit.Y, solution.sigma)
    errors = centre_errors(wanted, answer.X, answer.Y)
    return 1000.0 * float(np.sqrt((errors**2).mean()))
