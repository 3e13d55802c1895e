"""A distribution of simulators that move as the recorded one did: SimOpt's update.

Chebotar et al. 2019, Closing the sim-to-real loop (arXiv 1810.05687): draw simulators from a
Gaussian, replay whole rollouts in each, weigh them by how far they are from the recording, and
move the Gaussian towards the better ones, but no further than a bound on the Kullback-Leibler
divergence (relative entropy policy search, Peters et al. 2010). It needs no derivatives, so it
also takes contacts, and gives correlated numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from vla_contract.schema import setting
from vla_contract.values import Vector
from vla_identification.arm.arm_simulator import ArmSimulator, Simulated, Values
from vla_identification.motion_recording import MotionRecording

# What counts as one unit of error: a hundredth of a radian, or a centimetre of the object.
_JOINT_UNIT, _OBJECT_UNIT_M = 0.01, 0.01


@dataclass(frozen=True)
class SimOptConfig:
    """How the distribution is moved; the paper's names where it has one."""

    iterations: int = setting(8, doc='updates of the distribution', lower=1, upper=1000)
    samples: int = setting(48, doc='simulators per update', lower=8, upper=100_000)
    kl_bound: float = setting(1.0, doc='epsilon, largest step of an update', lower=1e-3)
    smooth_samples: float = setting(5.0, doc='deviation of the filter over time', lower=0.1)


@dataclass(frozen=True, eq=False)
class Distribution:
    """A Gaussian over the numbers of some terms.

    Attributes:
        terms: names, and how many numbers each has.
        mean: shape (P,).
        covariance: shape (P, P).
        lower: least number that can be, shape (P,).
        upper: largest.
    """

    terms: dict[str, int]
    mean: Vector
    covariance: Vector
    lower: Vector
    upper: Vector

    @property
    def deviation(self) -> Vector:
        """Standard deviations, shape (P,)."""
        return np.array(np.sqrt(self.covariance.diagonal()))

    def sample(self, count: int, rng: np.random.Generator) -> Vector:
        """Draw numbers, shape (count, P), held at the ends of what can be."""
        drawn = rng.multivariate_normal(self.mean, self.covariance, count, method='eigh')
        return np.clip(drawn, self.lower, self.upper)

    def values(self, numbers: Vector) -> Values:
        """Return numbers, shape (P,), by term."""
        ends = np.cumsum(list(self.terms.values()))[:-1]
        return dict(zip(self.terms, np.split(numbers, ends), strict=True))


def simopt(
    simulator: ArmSimulator,
    recordings: Sequence[MotionRecording],
    prior: Distribution,
    config: SimOptConfig,
    rng: np.random.Generator,
    on_rollout: Callable[[], object] = lambda: None,
) -> Distribution:
    """Return the distribution after some updates.

    Args:
        simulator: of the recorded robot.
        recordings: whole rollouts; where the pose of an object is known it counts too.
        prior: where to begin.
        config: how far and how often to update.
        rng: draws the simulators.
        on_rollout: called once per simulated rollout.
    """

    def cost(numbers: Vector) -> float:
        total = 0.0
        for recording in recordings:
            simulated = simulator.simulate(recording, distribution.values(numbers))
            total += discrepancy(simulator, simulated, recording, config.smooth_samples)
            on_rollout()
        return total / len(recordings)

    distribution = prior
    for _ in range(config.iterations):
        numbers = distribution.sample(config.samples, rng)
        costs = np.array([cost(each) for each in numbers])
        distribution = updated(distribution, numbers, costs, config.kl_bound)
    return distribution


def discrepancy(
    simulator: ArmSimulator, simulated: Simulated, recording: MotionRecording, smooth: float
) -> float:
    """Return the l1 plus the l2 distance of two rollouts, smoothed over time (eq. 4)."""
    from scipy.ndimage import gaussian_filter1d

    arm = simulator.arm
    moved = (simulated.measured - recording.measured)[:, arm] / _JOINT_UNIT
    errors = [moved]
    if len(recording.object_s):
        errors.append((simulated.object_pose - recording.object_pose)[:, :3] / _OBJECT_UNIT_M)
    smoothed = [gaussian_filter1d(error, smooth, axis=0) for error in errors]
    return float(sum(np.mean(np.abs(e)) + np.sqrt(np.mean(e**2)) for e in smoothed))


def updated(
    distribution: Distribution, numbers: Vector, costs: Vector, kl_bound: float
) -> Distribution:
    """Return the Gaussian of the weighed samples.

    The weights are those of relative entropy policy search. With few samples per number their
    covariance says too little, so it is mixed with the old one by the share that the effective
    sample size has beside the number of dimensions.
    """
    weights = entropy_weights(costs, kl_bound)
    mean = weights @ numbers
    away = numbers - mean
    seen = (weights[:, None] * away).T @ away
    effective = 1.0 / float(np.sum(weights**2))
    share = effective / (effective + len(mean))
    covariance = (1.0 - share) * distribution.covariance + share * seen
    return Distribution(
        distribution.terms, mean, covariance, distribution.lower, distribution.upper
    )


def entropy_weights(costs: Vector, kl_bound: float) -> Vector:
    """Return exp(-cost / eta), normalised, with eta from the dual of the bound on KL.

    The dual is g(eta) = eta * epsilon + eta * log mean exp(-cost / eta), convex in eta.
    """
    from scipy.optimize import minimize_scalar

    excess = costs - costs.min()
    spread = max(float(excess.max()), 1e-12)

    def dual(log_eta: float) -> float:
        eta = spread * float(np.exp(log_eta))
        return eta * kl_bound + eta * float(np.log(np.mean(np.exp(-excess / eta))))

    found = minimize_scalar(dual, bounds=(-12.0, 6.0), method='bounded')
    weights = np.exp(-excess / (spread * float(np.exp(found.x))))
    return np.array(weights / weights.sum())
