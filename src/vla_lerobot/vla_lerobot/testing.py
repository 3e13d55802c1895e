"""Motions that stand in for recorded ones in tests."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector


def smooth_motion(cell: Cell, length: int, seed: int) -> Vector:
    """Return a motion of all joints within their limits, shape (length + 1, D) [rad or m]."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 1, len(cell.joints))
    time = np.arange(length + 1)[:, None] / 10.0
    path = cell.home + 0.3 * np.sin(2 * np.pi * (0.4 * time + phase))
    lower = [joint.lower for joint in cell.joints]
    upper = [joint.upper for joint in cell.joints]
    return np.clip(path, lower, upper)
