"""Limits of joints as a policy's numbers, and which unit numbers beyond them look like."""

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import Vector
from vla_contract.vectors.scale import VectorScale

# How far beyond its limits the statistics of a joint may lie, as a share of its range: the
# gripper overshoots, and targets may be outside what is reached.
_BEYOND_LIMITS = 0.1
_DEGREES = np.pi / 180.0
# Of LeRobot's RANGE_M100_100 and RANGE_0_100.
_PERCENT = 100.0


def beyond_limits(
    deployment: Deployment, key: str, scale: VectorScale, values: Vector
) -> list[str]:
    """Name the numbers that lie outside the limits of their joints, and what would cure it.

    Numbers of tools have no limits.

    Args:
        deployment: robot and policy file.
        key: state or action, as in the policy file.
        scale: order and units of the numbers, which are positions.
        values: shape (width,).
    """
    limits = np.array([[joint.lower, joint.upper] for joint in deployment.cell.joints]).T
    lower, upper = np.sort(scale.encode(limits), axis=0)
    slack = _BEYOND_LIMITS * (upper - lower)
    return [
        f'{name} {value:.2f} outside {low:.2f} to {high:.2f} ({meaning})'
        f'{_cure(deployment, key, name, value, meaning)}'
        for name, value, low, high, more, meaning in zip(
            scale.names, values, lower, upper, slack, scale.meanings, strict=True
        )
        if name in deployment.cell.joint_names and not low - more <= value <= high + more
    ]


def _cure(deployment: Deployment, key: str, name: str, value: float, meaning: str) -> str:
    """Return what the policy file would have to say of a joint, '' without a guess."""
    cell, policy = deployment.cell, deployment.policy
    index = cell.joint_names.index(name)
    joint = cell.joints[index]
    if meaning not in ('rad', 'm'):
        return ''
    components = policy.state if key == 'state' else policy.action
    place = next(i for i, component in enumerate(components) if name in component.joints)
    where = f'for {name}, now in {key}[{place}] of vla_policy.yaml'
    slack = _BEYOND_LIMITS * (joint.upper - joint.lower)
    if index in cell.grippers and -10.0 <= value <= 110.0:
        top = 1 if value <= 1.1 else 100
        return f': how far open? map: {{closed: 0, open: {top}}} {where}'
    if joint.type == 'revolute' and (
        joint.lower - slack <= value * _DEGREES <= joint.upper + slack
    ):
        percent = ', or percent of its range? map: {lower: -100, upper: 100}'
        return f': degrees? unit: deg{percent if abs(value) <= _PERCENT else ""} {where}'
    return ''
