"""Fits the unknowns of an arm to its recorded motion: regularised least squares.

The number of rollouts per Jacobian is that of the terms, not of the numbers: position servos
hold each joint on its own command, so that what changes in one joint hardly moves another. One
rollout changes a term of all joints at once, and each joint's trace is put down to its own
number. The residual itself has every coupling in it, so this approximation slows the search a
little and does not shift its result.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from vla_contract.values import Vector
from vla_identification.arm.arm_simulator import ArmSimulator, Values
from vla_identification.arm.unknowns import Unknown
from vla_identification.motion_recording import MotionRecording

# Residuals are first weighed as if joints were off by a milliradian, then by what is left.
_FIRST_SIGMA = 1e-3
_ROUNDS, _EVALUATIONS = 3, 7
# Of a difference, in prior spreads.
_LARGEST_STEP = 0.5


@dataclass(frozen=True, eq=False)
class Motion:
    """A recording and the samples of it that count.

    Attributes:
        recording: joints in the cell's order.
        counts: shape (M,), which of the joint samples are compared.
    """

    recording: MotionRecording
    counts: Vector


@dataclass(frozen=True, eq=False)
class MotionFit:
    """Estimates with their covariance.

    Attributes:
        unknowns: the terms, in the order of the numbers below.
        numbers: all of them, shape (P,), each in the unit of its term.
        covariance: posterior, in units of the prior spreads, shape (P, P).
        jacobian: of the weighed residuals, in the same units, without the prior, shape (N, P).
        sigma: what is not explained, per joint, as white noise, shape (n,) [rad or m].
    """

    unknowns: tuple[Unknown, ...]
    numbers: Vector
    covariance: Vector
    jacobian: Vector
    sigma: Vector

    @property
    def values(self) -> Values:
        """Estimates by term."""
        return split(self.unknowns, self.numbers)

    @property
    def deviations(self) -> Values:
        """Standard deviations by term."""
        spread = join(self.unknowns, 'spread')
        return split(self.unknowns, np.sqrt(self.covariance.diagonal()) * spread)


def join(unknowns: Sequence[Unknown], attribute: str) -> Vector:
    """Return one attribute of all unknowns, shape (P,)."""
    return np.concatenate([getattr(unknown, attribute) for unknown in unknowns])


def split(unknowns: Sequence[Unknown], numbers: Vector) -> Values:
    """Return numbers by term, the inverse of joining them."""
    ends = np.cumsum([len(unknown.start) for unknown in unknowns])[:-1]
    return dict(zip((u.term for u in unknowns), np.split(numbers, ends), strict=True))


def fit_motion(
    simulator: ArmSimulator,
    motions: Sequence[Motion],
    unknowns: tuple[Unknown, ...],
    on_rollout: Callable[[], object] = lambda: None,
) -> MotionFit:
    """Find the numbers with which the simulated arm moves as the recorded one did.

    Minimises, over numbers x in units of their spread around their start,

        sum_j |y_j - y_j(x)|^2 / s_j^2 + |x|^2

    where s_j^2 is the residual's variance times its autocorrelation time: neighbouring samples
    err alike and count as fewer. The second term is the belief from before, N(0, 1).

    Args:
        simulator: of the recorded robot.
        motions: what to explain.
        unknowns: what may differ from the simulator's nominal arm.
        on_rollout: called once per simulated motion, for a progress bar.
    """
    from scipy.optimize import least_squares

    problem = _Problem(simulator, motions, unknowns, on_rollout)
    lower, upper = problem.bounds
    x: Vector = problem.begin()
    for _ in range(_ROUNDS):
        problem.aim(x)
        found = least_squares(
            problem.residual, np.clip(x, lower, upper), problem.jacobian, (lower, upper),
            ftol=1e-4, xtol=1e-4, gtol=1e-8, max_nfev=_EVALUATIONS,
        )  # fmt: skip
        x = np.array(found.x)
        problem.weigh(x)
    problem.aim(x)
    jacobian = problem.data_jacobian(x)
    covariance = _posterior(jacobian)
    return MotionFit(unknowns, problem.numbers(x), covariance, jacobian, problem.sigma)


class _Problem:
    """The residuals as functions of the scaled numbers."""

    def __init__(
        self,
        simulator: ArmSimulator,
        motions: Sequence[Motion],
        unknowns: tuple[Unknown, ...],
        on_rollout: Callable[[], object],
    ) -> None:
        self._simulator, self._motions, self._unknowns = simulator, motions, unknowns
        self._on_rollout = on_rollout
        self._start, self._spread = join(unknowns, 'start'), join(unknowns, 'spread')
        self._least_step: Vector = join(unknowns, 'step') / self._spread
        self._step = self._least_step
        self.sigma: Vector = np.full(len(simulator.arm), _FIRST_SIGMA)
        self._last: tuple[Vector, Vector] | None = None

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        ends = (join(self._unknowns, name) for name in ('lower', 'upper'))
        lower, upper = ((end - self._start) / self._spread for end in ends)
        return lower, upper

    def numbers(self, x: Vector) -> Vector:
        return self._start + self._spread * x

    def begin(self) -> Vector:
        """Return where to begin: the delay by which the nominal motion must be shifted.

        A delay found early keeps the search from explaining it by soft servos.
        """
        x: Vector = np.zeros(len(self._start))
        offset = 0
        for unknown in self._unknowns:
            if unknown.term == 'control_latency':
                x[offset] = (self._best_shift_ms(x) - unknown.start[0]) / unknown.spread[0]
            offset += len(unknown.start)
        return x

    def aim(self, x: Vector) -> None:
        """Choose steps as long as the numbers are uncertain.

        The derivative at a point is rough (see `Unknown.step`), and looks steeper than the motion
        is over the width of the posterior.
        """
        deviation = np.sqrt(_posterior(self.data_jacobian(x)).diagonal())
        self._step = np.clip(deviation, self._least_step, _LARGEST_STEP)

    def weigh(self, x: Vector) -> None:
        """Weigh each joint by what these numbers leave unexplained."""
        errors = self._errors(x)
        self.sigma = np.array([_white_sigma(error) for error in errors.T])

    def residual(self, x: Vector) -> Vector:
        return np.concatenate([(self._errors(x) / self.sigma).T.ravel(), x])

    def jacobian(self, x: Vector) -> Vector:
        return np.concatenate([self.data_jacobian(x), np.eye(len(x))])

    def data_jacobian(self, x: Vector) -> Vector:
        here = self._errors(x)
        samples, joints = here.shape
        # One row of blocks per joint; see the module's text.
        jacobian: Vector = np.zeros((joints, samples, len(x)))
        first = 0
        for unknown in self._unknowns:
            size = len(unknown.start)
            columns = np.arange(first, first + size)
            ahead = np.array(x)
            ahead[columns] += self._step[columns]
            slope = (self._simulate(ahead) - here) / self.sigma
            if unknown.is_shared:
                jacobian[:, :, first] = slope.T / self._step[first]
            else:
                jacobian[np.arange(joints), :, columns] = slope.T / self._step[columns][:, None]
            first += size
        return np.array(jacobian.reshape(-1, len(x)))

    def _errors(self, x: Vector) -> Vector:
        """Return simulated less measured positions of the arm, shape (N, n)."""
        if self._last is None or not np.array_equal(self._last[0], x):
            self._last = (x.copy(), self._simulate(x))
        return self._last[1]

    def _simulate(self, x: Vector) -> Vector:
        values = split(self._unknowns, self.numbers(x))
        arm, errors = self._simulator.arm, []
        for motion in self._motions:
            simulated = self._simulator.simulate(motion.recording, values).measured
            self._on_rollout()
            errors.append((simulated - motion.recording.measured)[motion.counts][:, arm])
        return np.concatenate(errors)

    def _best_shift_ms(self, x: Vector) -> float:
        values = split(self._unknowns, self.numbers(x)) | {'control_latency': np.zeros(1)}
        recording, arm = self._motions[0].recording, self._simulator.arm
        nominal = self._simulator.simulate(recording, values).measured[:, arm]
        times_s, measured = recording.measured_s, recording.measured[:, arm]

        def miss(shift_ms: float) -> float:
            at_s = times_s - 1e-3 * shift_ms
            late = [np.interp(at_s, times_s, column) for column in nominal.T]
            return float(np.square(np.array(late).T - measured).sum())

        return min(range(1, 200, 2), key=miss)


def _posterior(jacobian: Vector) -> Vector:
    """Return the covariance in units of the prior spreads."""
    return np.array(np.linalg.inv(jacobian.T @ jacobian + np.eye(jacobian.shape[1])))


def _white_sigma(error: Vector) -> float:
    """Return the deviation of white noise that says as little as this error does.

    The variance is multiplied by the integrated autocorrelation time, 1 + 2 sum rho_k, summed up
    to the first k whose correlation is not positive (Geyer 1992, Practical Markov Chain Monte
    Carlo, section 3.3).
    """
    centred = error - error.mean()
    spectrum = np.abs(np.fft.rfft(centred, 2 * len(centred))) ** 2
    correlation = np.fft.irfft(spectrum)[: len(centred)]
    variance = float(np.mean(error**2))
    if correlation[0] <= 0.0:
        return 1e-6
    rho = correlation / correlation[0]
    ends = np.flatnonzero(rho <= 0.0)
    time = 1.0 + 2.0 * float(rho[1 : ends[0] if len(ends) else None].sum())
    return max(float(np.sqrt(variance * time)), 1e-6)
