"""Whether the limits of joints are those of an arm, or degrees and millimetres."""

import math

from vla_contract.check import Check, Status
from vla_contract.deployment.robot import GRIPPER, Joint, Robot

# Four turns either way are more than any joint of an arm has. Motors of arms reach 50 rad/s only
# at the size of toys; the longest lifts are shorter than 3 m.
_WIDEST = {'revolute': 8 * math.pi, 'prismatic': 3.0}
_FASTEST = {'revolute': 50.0, 'prismatic': 5.0}
# Faster than the arms that people stand beside; right for some, worth a look for all.
_LIVELY = {'revolute': 7.0, 'prismatic': 2.0}
_INSTEAD = {'revolute': 'degrees', 'prismatic': 'millimetres'}
_NAME = 'plausible limits'


def check_limits(robot: Robot) -> list[Check]:
    """Return what is wrong with the limits of each joint; one line when nothing is."""
    grippers = {robot.joint_names[i] for i in robot.indices(GRIPPER)}
    found = [check for joint in robot.joints for check in _of_joint(joint, joint.name in grippers)]
    if found:
        return found
    return [Check(_NAME, Status.OK, f'those of {len(robot.joints)} joints', _allowed('revolute'))]


def _of_joint(joint: Joint, is_gripper: bool) -> list[Check]:
    kind, unit = joint.type, 'rad' if joint.type == 'revolute' else 'm'
    width = joint.upper - joint.lower
    instead = f'{_INSTEAD[kind]}?'
    name = f'{_NAME} of {joint.name}'
    found = []
    if width > _WIDEST[kind]:
        text = f'a range of {width:.4g} {unit}'
        found.append(Check(name, Status.FAIL, text, _allowed(kind), instead))
    text = f'{joint.velocity:.4g} {unit}/s'
    if joint.velocity > _FASTEST[kind]:
        found.append(Check(name, Status.FAIL, text, _allowed(kind), instead))
    elif joint.velocity > _LIVELY[kind]:
        fix = f'lower it, or leave it where the maker says so ({instead})'
        found.append(Check(name, Status.WARN, text, f'{_LIVELY[kind]:g} {unit}/s or less', fix))
    if is_gripper and not joint.opening_m:
        text = 'opening_m: 0'
        fix = 'measure how far the open fingers are apart'
        found.append(Check(name, Status.WARN, text, 'more than 0', fix))
    return found


def _allowed(kind: str) -> str:
    unit = 'rad' if kind == 'revolute' else 'm'
    return f'a range of {_WIDEST[kind]:.3g} {unit} or less, {_FASTEST[kind]:g} {unit}/s or less'
