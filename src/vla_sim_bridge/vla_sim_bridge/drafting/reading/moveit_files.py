"""What MoveIt's files say of a robot: groups and end effectors of the SRDF, joint_limits.yaml."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from vla_contract.errors import ContractError, ResourceNotFoundError, SettingError
from vla_contract.schema import load_yaml

_LIMITS = {
    'velocity': ('has_velocity_limits', 'max_velocity'),
    'acceleration': ('has_acceleration_limits', 'max_acceleration'),
    'jerk': ('has_jerk_limits', 'max_jerk'),
    'effort': ('has_effort_limits', 'max_effort'),
    'lower': ('has_position_limits', 'min_position'),
    'upper': ('has_position_limits', 'max_position'),
}


@dataclass(frozen=True)
class Srdf:
    """Groups of joints that a MoveIt configuration names.

    Attributes:
        grippers: joints of the groups that are end effectors.
        tips: last link of each chain, and parent link of each end effector.
    """

    grippers: tuple[str, ...] = ()
    tips: tuple[str, ...] = field(default=())


def read_srdf(path: Path) -> Srdf:
    """Read an SRDF.

    Raises:
        ResourceNotFoundError: there is no such file.
        ContractError: it is not XML.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except FileNotFoundError:
        raise ResourceNotFoundError('SRDF', path, 'check the path') from None
    except ElementTree.ParseError as error:
        raise ContractError(f'{path}: cannot read the SRDF: {error}') from error
    effectors = root.findall('end_effector')
    names = {effector.get('group') for effector in effectors}
    groups = [group for group in root.findall('group') if group.get('name') in names]
    joints = [joint.get('name', '') for group in groups for joint in group.findall('joint')]
    tips = [chain.get('tip_link', '') for chain in root.findall('group/chain')]
    tips += [effector.get('parent_link', '') for effector in effectors]
    return Srdf(tuple(filter(None, joints)), tuple(filter(None, tips)))


def read_joint_limits(path: Path) -> dict[str, dict[str, float]]:
    """Return the limits that a joint_limits.yaml has, by joint and by name of the limit.

    Raises:
        ResourceNotFoundError, VlaError: there is no such file, or it is no YAML.
        SettingError: an entry is not one of MoveIt's.
    """
    joints = load_yaml(path).get('joint_limits')
    if not isinstance(joints, dict):
        raise SettingError(str(path), 'joint_limits', 'nothing', 'a mapping of joint names')
    return {str(name): _limits(entry, str(path), str(name)) for name, entry in joints.items()}


def _limits(entry: Any, where: str, joint: str) -> dict[str, float]:
    if not isinstance(entry, dict):
        raise SettingError(where, f'joint_limits.{joint}', repr(entry), 'a mapping')
    found = {}
    for name, (flag, key) in _LIMITS.items():
        if entry.get(flag, key in entry and name in ('lower', 'upper')) and key in entry:
            value = entry[key]
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise SettingError(where, f'joint_limits.{joint}.{key}', repr(value), 'a number')
            found[name] = float(value)
    return found
