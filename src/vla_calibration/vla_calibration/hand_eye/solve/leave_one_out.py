"""Predicts every view from the others: the only residuals that say something about new views."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vla_calibration.geometry import se3
from vla_calibration.hand_eye.solve.gls import fit, linearise
from vla_calibration.hand_eye.solve.methods import angle_errors, centre_errors
from vla_calibration.hand_eye.solve.problem import Problem
from vla_calibration.hand_eye.solve.solver import Solution
from vla_contract.values import Vector


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """How well each used view is predicted by the other used ones.

    Attributes:
        views: index of each view in the problem, shape (m,).
        centre_mm: distance of the board's middle from where it was predicted, shape (m,).
        angle_deg: angle between the board and its prediction, shape (m,).
        chi2: squared Mahalanobis length of the prediction's error, shape (m,); 6 on average.
        shift_mm: how far X moves when the view is left out, shape (m,).
        predicted: predicted board in the camera, shape (m, 4, 4).
    """

    views: NDArray[np.intp]
    centre_mm: Vector
    angle_deg: Vector
    chi2: Vector
    shift_mm: Vector
    predicted: Vector

    @property
    def rms_mm(self) -> float:
        """Root of the mean squared distance."""
        return float(np.sqrt((self.centre_mm**2).mean()))

    @property
    def chi2_per_dof(self) -> float:
        """One where the stated noise is the real one."""
        return float(self.chi2.mean() / 6.0)


def leave_one_out(problem: Problem, solution: Solution) -> LeaveOneOut:
    """Fit again without each used view, with the robot's sigma kept.

    Raises:
        HandEyeError: without one of the views the others do not determine the answer.
    """
    views = np.flatnonzero(solution.used)
    rows = [_predict(problem, solution, views[views != view], view) for view in views]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return LeaveOneOut(views, *columns)


def _predict(
    problem: Problem, solution: Solution, others: Vector, view: int
) -> tuple[float, float, float, float, Vector]:
    """Return distance [mm], angle [deg], chi2, shift of X [mm] and the predicted pose."""
    whole = solution.fit
    without = fit(problem.subset(others), whole.X, whole.Y, solution.sigma)
    alone = problem.subset([view])
    at = linearise(alone, without.X, without.Y, solution.sigma, False, without.scale, False)
    J, r = at.jacobian[0], at.residuals[0]
    noise = at.noise[0] + J @ without.covariance @ J.T
    return (
        1000.0 * float(centre_errors(alone, without.X, without.Y)[0]),
        float(np.degrees(angle_errors(alone, without.X, without.Y)[0])),
        float(r @ np.linalg.solve(noise, r)),
        1000.0 * float(np.linalg.norm(without.X[:3, 3] - whole.X[:3, 3])),
        se3.inverse(without.X) @ se3.inverse(alone.A[0]) @ without.Y,
    )
