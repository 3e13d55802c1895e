"""The posture of one arm on the other of a pair, as in a mirror between their bases."""

import numpy as np
from vla_contract.values import Vector
from vla_sim_bridge.drafting.hands.arms import Arm
from vla_sim_bridge.drafting.kinematics.posture import Posture

# Axes of a pair that was built as mirror images are within this of each other's.
_PARALLEL = 0.98


def mirrored(posture: Posture, arm: Arm, joints: Vector, other: Arm) -> Vector | None:
    """Return the joints of the other arm that make it the mirror image of the first.

    A turn about an axis a looks in a mirror with normal n like one about 2 (a . n) n - a.

    Args:
        posture: of the model; both arms are at 0 afterwards.
        arm: the first one.
        joints: of it, shape (n,) [rad or m].
        other: to be put the same way.

    Returns:
        Its joints, shape (n,); None where the arms are no mirror images at 0.
    """
    if len(arm.joints) != len(other.joints):
        return None
    posture.move([*arm.joints, *other.joints], np.zeros(2 * len(arm.joints)))
    normal = posture.anchor(arm.joints[0]) - posture.anchor(other.joints[0])
    length = float(np.linalg.norm(normal))
    if length < 1e-3:
        return None
    normal /= length
    signs = []
    for one, two in zip(arm.joints, other.joints, strict=True):
        axis = posture.axis(one)
        seen = 2.0 * (axis @ normal) * normal - axis
        signs.append(float(seen @ posture.axis(two)))
    is_pair = np.abs(signs) > _PARALLEL
    return np.sign(signs) * joints if is_pair.all() else None
