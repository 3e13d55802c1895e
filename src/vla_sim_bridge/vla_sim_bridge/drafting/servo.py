"""Gains of the simulated joint servos, and what holds an arm against gravity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from vla_sim_bridge.drafting.limits import JointLimits

_POSES = 100
# A servo gives all its effort this far from where it is told to be, and lags this long behind a
# steady motion: what industrial arms in position mode come near, and soft enough for light ones.
_FULL_EFFORT_AT, _FULL_EFFORT_AT_M = 0.05, 0.01
_LAG_S = 0.08
# Dry friction as a share of the effort: of a geared joint, and what no servo gets through.
_FRICTION, _MOST_FRICTION = 0.02, 0.3
_STIFFNESS = (20.0, 5000.0)


@dataclass(frozen=True)
class ServoGains:
    """Gains for all joints [Nm/rad, Nm s/rad], or N/m for slides.

    Attributes:
        stiffness: proportional gain.
        damping: derivative gain.
        friction: dry friction [Nm] instead of the model's; None where that is one to move against.
    """

    stiffness: float
    damping: float
    friction: float | None = None


def servo_gains(model: mujoco.MjModel, limits: Mapping[int, JointLimits]) -> ServoGains:
    """Return gains that suit the efforts of a robot's turning joints."""
    efforts = [v.effort.number for v in limits.values() if v.type == 'revolute']
    middle = float(np.median(efforts or [v.effort.number for v in limits.values()]))
    stiffness = _rounded(float(np.clip(middle / _FULL_EFFORT_AT, *_STIFFNESS)))
    shares = [
        model.dof_frictionloss[model.jnt_dofadr[joint]] / v.effort.number
        for joint, v in limits.items()
    ]
    least = min(v.effort.number for v in limits.values())
    friction = _rounded(_FRICTION * least) if max(shares) > _MOST_FRICTION else None
    return ServoGains(stiffness, _rounded(_LAG_S * stiffness), friction)


def slide_gains(limits: JointLimits) -> ServoGains:
    """Return gains of a lift or rail, for which those of turning joints are far too soft [N/m]."""
    stiffness = _rounded(limits.effort.number / _FULL_EFFORT_AT_M)
    return ServoGains(stiffness, _rounded(_LAG_S * stiffness))


def gravity_efforts(model: mujoco.MjModel, joints: Sequence[int]) -> dict[int, float]:
    """Return what holds each joint against gravity in the worst of many poses [Nm or N]."""
    data, rng = mujoco.MjData(model), np.random.default_rng(0)
    dofs = model.jnt_dofadr[list(joints)]
    largest = np.zeros(len(dofs))
    low, high = model.jnt_range[list(joints)].T
    limited = model.jnt_limited[list(joints)].astype(bool)
    low, high = np.where(limited, low, -np.pi), np.where(limited, high, np.pi)
    for _ in range(_POSES):
        data.qpos[model.jnt_qposadr[list(joints)]] = rng.uniform(low, high)
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_comVel(model, data)
        mujoco.mj_rne(model, data, 0, data.qfrc_bias)
        largest = np.maximum(largest, np.abs(data.qfrc_bias[dofs]))
    return dict(zip(joints, largest.tolist(), strict=True))


def _rounded(value: float) -> float:
    """Return a value with two digits."""
    digits = 1 - int(np.floor(np.log10(value)))
    return round(value, digits)
