"""Motions that stand in for recorded ones in tests."""

import numpy as np
from vla_contract.contract import RobotContract
from vla_contract.values import Vector


def smooth_motion(contract: RobotContract, length: int, seed: int) -> Vector:
    """Return a motion of all joints within their limits, shape (length + 1, D) [rad or m]."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 1, len(contract.joints))
    time = np.arange(length + 1)[:, None] / 10.0
    path = contract.home + 0.3 * np.sin(2 * np.pi * (0.4 * time + phase))
    lower = [joint.lower for joint in contract.joints]
    upper = [joint.upper for joint in contract.joints]
    return np.clip(path, lower, upper)
