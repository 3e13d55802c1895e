"""What is not known of an arm before its motion was looked at: the numbers to identify.

Each block of unknowns is a term of the randomisation with the same number for every joint of the
arm to begin with. The spread says how far a real robot may be from that: it is the prior of the
fit, and what an identified number must beat.
"""

from dataclasses import dataclass

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector

ANGLE_RESOLUTION = 5e-4


@dataclass(frozen=True, eq=False)
class Unknown:
    """One term to identify; shapes (n,) with n joints, or (1,) of a term that all joints share.

    Attributes:
        term: name of the randomisation term, whose unit the numbers have.
        start: what is believed without a recording.
        spread: standard deviation of that belief.
        lower: least number that can be.
        upper: largest.
        step: the shortest for differences: a joint that sticks and slips does so at whole physics
            steps, and over less than this its motion is rough.
        tolerance: share of a number that three standard deviations may be, of a known one.
        resolution: or this, for numbers about zero.
    """

    term: str
    start: Vector
    spread: Vector
    lower: Vector
    upper: Vector
    step: Vector
    tolerance: float
    resolution: Vector

    @property
    def is_shared(self) -> bool:
        """Whether one number concerns all joints."""
        return self.term in _SHARED


_SHARED = ('control_latency',)


def unknowns_of(cell: Cell) -> tuple[Unknown, ...]:
    """Return what motion of the arm may tell, dry friction in shares of the effort limits.

    Delays of commands and of joint_states add up to `control_latency`: a motion that is commanded
    and measured by the same clock shows their sum alone.
    """
    effort = np.array([cell.joints[i].effort for i in cell.arm])
    angle, one = np.ones(len(effort)), np.ones(1)
    period_ms = 1000.0 / cell.rates.filter_hz
    tenth, none = 0.1, 0.0 * angle
    return (
        Unknown('control_latency', 10.0 * one, 50.0 * one, 0.0 * one, 300.0 * one, 1.0 * one,
                0.0, period_ms * one),
        Unknown('joint_friction', 2e-3 * effort, 0.03 * effort, none, 0.25 * effort,
                2e-3 * effort, tenth, 5e-4 * effort),
        Unknown('joint_damping', angle, 2.0 * angle, 0.0 * angle, 20.0 * angle, 0.4 * angle,
                tenth, none),
        Unknown('joint_armature', angle, 0.5 * angle, 0.05 * angle, 5.0 * angle, 0.15 * angle,
                tenth, none),
        Unknown('actuator_strength', angle, 0.3 * angle, 0.2 * angle, 3.0 * angle, 0.03 * angle,
                tenth, none),
        Unknown('backlash', 3e-4 * angle, 3e-3 * angle, none, 0.05 * angle, 3e-4 * angle,
                tenth, ANGLE_RESOLUTION * angle),
        Unknown('encoder_offset', none, 0.02 * angle, -0.2 * angle, 0.2 * angle, 2e-4 * angle,
                tenth, ANGLE_RESOLUTION * angle),
    )  # fmt: skip
