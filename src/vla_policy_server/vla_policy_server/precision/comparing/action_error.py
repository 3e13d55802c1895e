"""How far a method's actions are from those of fp32, in the joints' own units."""

from dataclasses import dataclass

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector


@dataclass(frozen=True)
class ActionError:
    """The largest difference over all frames, steps and joints.

    Attributes:
        joint: the joint whose difference is the largest share of its range.
        worst: that difference [rad or m].
        rms: root mean square over frames, steps and joints [rad or m].
        of_range: `worst` divided by the joint's range.
        unit: 'rad' or 'm', of `worst`.
    """

    joint: str
    worst: float
    rms: float
    of_range: float
    unit: str


def action_error(actions: Vector, reference: Vector, cell: Cell) -> ActionError:
    """Compare the actions of two methods on the same frames, shape (frames, T, D) [rad or m]."""
    difference = np.abs(actions - reference)
    ranges = np.array([joint.upper - joint.lower for joint in cell.joints])
    worst = difference.max(axis=(0, 1))
    # A number that is not finite must not hide behind a comparison.
    shares = np.where(np.isfinite(worst), worst, np.inf) / ranges
    index = int(shares.argmax())
    return ActionError(
        cell.joint_names[index],
        float(worst[index]),
        float(np.sqrt(np.mean(difference**2))),
        float(shares[index]),
        'm' if cell.joints[index].type == 'prismatic' else 'rad',
    )
