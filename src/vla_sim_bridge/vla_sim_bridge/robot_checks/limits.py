"""Limits that a robot's file may state and that are worth a look; what no arm has is refused."""

from vla_contract.check import Check, Status
from vla_contract.deployment.robot import GRIPPER, Joint, Robot

# Faster than the arms that people stand beside; right for some, worth a look for all.
_LIVELY = {'revolute': 7.0, 'prismatic': 2.0}
_INSTEAD = {'revolute': 'degrees', 'prismatic': 'millimetres'}
# Longer than the lifts of arms; a rail on which one travels may be.
_LONG_M = 3.0
_UNIT = {'revolute': 'rad', 'prismatic': 'm'}
_NAME = 'limits'


def check_limits(robot: Robot) -> list[Check]:
    """Return what is remarkable in the limits of each joint; one line when nothing is."""
    grippers = {robot.joint_names[i] for i in robot.indices(GRIPPER)}
    found = [check for joint in robot.joints for check in _of_joint(joint, joint.name in grippers)]
    if found:
        return found
    return [Check(_NAME, Status.OK, f'those of {len(robot.joints)} joints', _speed('revolute'))]


def _of_joint(joint: Joint, is_gripper: bool) -> list[Check]:
    kind, name = joint.type, f'{_NAME} of {joint.name}'
    found = []
    width = joint.upper - joint.lower
    if kind == 'prismatic' and width > _LONG_M:
        text, allowed = f'a range of {width:.4g} m', f'a range of {_LONG_M:g} m or less'
        found.append(Check(name, Status.FAIL, text, allowed, 'millimetres?'))
    if joint.velocity > _LIVELY[kind]:
        text = f'{joint.velocity:.4g} {_UNIT[kind]}/s'
        fix = f'lower it, or leave it where the maker says so ({_INSTEAD[kind]}?)'
        found.append(Check(name, Status.WARN, text, _speed(kind), fix))
    if is_gripper and not joint.opening_m:
        text = 'opening_m: 0'
        fix = 'measure how far the open fingers are apart'
        found.append(Check(name, Status.WARN, text, 'more than 0', fix))
    return found


def _speed(kind: str) -> str:
    return f'{_LIVELY[kind]:g} {_UNIT[kind]}/s or less'
