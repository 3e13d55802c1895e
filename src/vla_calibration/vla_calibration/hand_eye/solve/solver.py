"""From views to X: consensus, least squares, the robot's sigma, and which views were wrong."""

from dataclasses import dataclass

import numpy as np
from vla_calibration.hand_eye.solve.gls import Fit, linearise, RobotSigma
from vla_calibration.hand_eye.solve.methods import initial_guess
from vla_calibration.hand_eye.solve.problem import HandEyeError, Mask, Problem
from vla_calibration.hand_eye.solve.quantiles import chi2_quantile, f_quantile
from vla_calibration.hand_eye.solve.ransac import consensus
from vla_calibration.hand_eye.solve.robot_sigma import fit_with_sigma
from vla_contract.values import Vector

# A view is wrong where fewer than one good one in 10 000 lies further out.
_WRONG_CHI2_AT = 1.0 - 1e-4
# With more views wrong than this the rest proves nothing.
_LARGEST_WRONG_SHARE = 0.5
FEWEST_VIEWS = 5


@dataclass(frozen=True, eq=False)
class Solution:
    """X, Y and which views they rest on.

    Attributes:
        fit: least squares over the views that are used.
        sigma: the robot's error as estimated.
        used: mask over all views, shape (n,).
        chi2: squared Mahalanobis length of every view, used or not, shape (n,).
    """

    fit: Fit
    sigma: RobotSigma
    used: Mask
    chi2: Vector

    @property
    def ellipsoid_factor(self) -> float:
        """Squared Mahalanobis radius of X's position that holds 95 %.

        Hotelling's, because the robot's sigma is estimated from the same residuals.
        """
        return 3.0 * f_quantile(0.95, 3, self.fit.degrees_of_freedom)

    @property
    def error_95_m(self) -> float:
        """Radius that holds X's position with 95 % probability, from noise alone [m].

        The length of a normal vector with covariance eigenvalues v is taken as a scaled chi
        with h = (sum v)^2 / sum v^2 degrees of freedom (Satterthwaite 1946).
        """
        v = np.linalg.eigvalsh(self.fit.position_covariance)
        h = v.sum() ** 2 / (v**2).sum()
        quantile = h * f_quantile(0.95, h, self.fit.degrees_of_freedom)
        return float(np.sqrt((v**2).sum() / v.sum() * quantile))


def solve(problem: Problem, seed: int = 0) -> Solution:
    """Calibrate.

    Args:
        problem: the views.
        seed: seed of the samples of the consensus.

    Raises:
        HandEyeError: too few views, or they do not determine the answer, or most are wrong.
    """
    require_views(len(problem))
    agreed = consensus(problem, seed)
    if agreed is None:
        used: Mask = np.ones(len(problem), dtype=bool)
        X, Y = initial_guess(problem)
    else:
        X, Y, used = agreed
        _require_majority(used)
        X, Y = initial_guess(problem.subset(used))
    for _ in range(5):
        answer, sigma = fit_with_sigma(problem.subset(used), X, Y)
        everywhere = linearise(problem, answer.X, answer.Y, sigma, False, answer.scale, False)
        now = everywhere.chi2 <= chi2_quantile(_WRONG_CHI2_AT, 6)
        if agreed is None or (now == used).all():
            break
        _require_majority(now)
        used, X, Y = now, answer.X, answer.Y
    else:
        answer, sigma = fit_with_sigma(problem.subset(used), X, Y)
    return Solution(answer, sigma, used, everywhere.chi2)


def require_views(count: int) -> None:
    """Refuse too few views.

    Raises:
        HandEyeError: says how many are needed.
    """
    if count < FEWEST_VIEWS:
        raise HandEyeError(
            f'hand-eye: found {count} usable views; needed: {FEWEST_VIEWS} or more, '
            'better 15 (30 for a hobby arm), with the gripper turned up to 45 deg'
        )


def _require_majority(used: Mask) -> None:
    if used.mean() <= _LARGEST_WRONG_SHARE or used.sum() < FEWEST_VIEWS:
        raise HandEyeError(
            f'hand-eye: only {int(used.sum())} of {len(used)} views agree with one another; '
            'needed: more than half'
        )
