"""The range of every joint, by which errors of different joints are made comparable."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector


def joint_span(cell: Cell) -> Vector:
    """Return upper minus lower limit of all joints, shape (D,) [rad or m]."""
    return np.array([joint.upper - joint.lower for joint in cell.joints])
