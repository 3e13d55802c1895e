"""What a fit may claim: which numbers are known, how well, and which the motion cannot tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from vla_contract.values import Vector
from vla_identification.arm.motion_fit import join, MotionFit
from vla_sim_bridge.randomization.randomization import known_terms

IDENTIFIED, COARSE, UNIDENTIFIABLE = 'identified', 'coarse', 'not identifiable'
# A number of which the data leave more than half of the prior's deviation was hardly looked at.
_LEARNED_SHARE = 0.5
# Weight above which a number is named as part of a direction that the motion does not show.
_NAMED_WEIGHT = 0.4


@dataclass(frozen=True)
class Finding:
    """One number of one term.

    Attributes:
        term: randomisation term.
        joint: whose number it is, '' for all.
        unit: '' for factors.
        value: estimate.
        sigma: its standard deviation; 1.96 of it to either side is the 95 % interval.
        prior_sigma: the deviation before.
        verdict: identified when three deviations are within the term's tolerance; not
            identifiable when the interval is hardly narrower than the prior; coarse between.
    """

    term: str
    joint: str
    unit: str
    value: float
    sigma: float
    prior_sigma: float
    verdict: str

    @property
    def half_width(self) -> float:
        """Of the 95 % interval."""
        return 1.96 * self.sigma

    @property
    def name(self) -> str:
        """Term and joint."""
        return f'{self.term} {self.joint}'.strip()


def findings_of(fit: MotionFit, joints: Sequence[str]) -> list[Finding]:
    """Judge every number of a fit.

    Args:
        fit: of the arm.
        joints: names of the arm's joints.
    """
    findings = []
    for unknown in fit.unknowns:
        owners = ('',) if unknown.is_shared else joints
        values, sigmas = fit.values[unknown.term], fit.deviations[unknown.term]
        for k, owner in enumerate(owners):
            value, sigma, prior = float(values[k]), float(sigmas[k]), float(unknown.spread[k])
            enough = max(unknown.tolerance * abs(value), float(unknown.resolution[k]))
            if sigma > _LEARNED_SHARE * prior:
                verdict = UNIDENTIFIABLE
            else:
                verdict = IDENTIFIED if 3.0 * sigma <= enough else COARSE
            unit = known_terms()[unknown.term].unit
            findings.append(Finding(unknown.term, owner, unit, value, sigma, prior, verdict))
    return findings


def blind_directions(fit: MotionFit, names: Sequence[str]) -> list[str]:
    """Name the combinations of numbers that the motion shows less than its noise.

    The right singular vectors of the scaled Jacobian whose singular value is below 1: one prior
    deviation along them changes the motion by less than what is not explained anyway.
    """
    _, singular, rows = np.linalg.svd(_square(fit.jacobian))
    sentences = []
    for value, row in zip(singular, rows, strict=True):
        if value < 1.0:
            parts = [i for i in np.argsort(-np.abs(row)) if abs(row[i]) >= _NAMED_WEIGHT]
            together = ' with '.join(names[i] for i in parts) or 'many numbers together'
            sentences.append(f'{together} (singular value {value:.2g})')
    return sentences


def condition_number(fit: MotionFit) -> float:
    """Return how much better the best shown combination is shown than the worst; inf at most."""
    return float(np.linalg.cond(_square(fit.jacobian)))


def prior_sigmas(fit: MotionFit) -> Vector:
    """Return the deviations before, shape (P,)."""
    return join(fit.unknowns, 'spread')


def _square(jacobian: Vector) -> Vector:
    """Return R of a QR decomposition: the same singular values, few rows."""
    return np.array(np.linalg.qr(jacobian, mode='r'))
