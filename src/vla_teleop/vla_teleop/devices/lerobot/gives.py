"""What the classes of LeRobot give, told by the features of their actions."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

JOINT = '.pos'


class Gives(StrEnum):
    """Kinds of action that a device of LeRobot can have."""

    JOINTS = 'joints'
    DEFLECTION = 'tool moves'
    POSE = 'hand pose'
    NOTHING = 'nothing for an arm'


def given_by(features: Mapping[str, Any]) -> Gives:
    """Return what actions with these features are.

    Args:
        features: LeRobot's `action_features`: of joints `NAME.pos`; of sticks and keys a vector
            with the names delta_x, delta_y, delta_z; of a phone `phone.pos` and `phone.rot`.
    """
    if 'phone.pos' in features:
        return Gives.POSE
    names = features.get('names') or {}
    if 'delta_x' in names or 'delta_x' in features:
        return Gives.DEFLECTION
    if any(name.endswith(JOINT) for name in features):
        return Gives.JOINTS
    return Gives.NOTHING


def wants(gives: Gives) -> str:
    """Return which part of a device file says what they mean: joints or tool."""
    return 'joints' if gives is Gives.JOINTS else 'tool'
