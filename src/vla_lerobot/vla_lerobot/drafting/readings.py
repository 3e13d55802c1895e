"""What the numbers of a joint may mean: each reading is one unit or map of a policy file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vla_contract.deployment.cell import Cell
from vla_contract.vectors.component import Component, NumberMap
from vla_contract.vectors.scale import joint_scales

# How far beyond the limits numbers may lie, as a share of the range: as the checks of statistics.
SLACK = 0.1
# LeRobot cuts positions in percent to the range; commands may lie a little beyond.
_PERCENT_SLACK = 0.025
# ALOHA's leader commands a gripper beyond what the follower's reaches.
_SHARE_SLACK = 0.25


@dataclass(frozen=True)
class Reading:
    """One meaning of a joint's numbers.

    Attributes:
        words: for people.
        said: what a component says for it.
        slack: how far beyond the limits numbers may lie, as a share of the range.
    """

    words: str
    said: Mapping[str, Any] = field(default_factory=dict)
    slack: float = SLACK

    def component(self, joint: str) -> Component:
        """Return it as a component of one joint."""
        said = dict(self.said)
        numbers = NumberMap(**said.pop('map')) if 'map' in said else None
        return Component(joints=(joint,), map=numbers, **said)


RADIANS, METRES = Reading('radians'), Reading('metres')
DEGREES, MILLIMETRES = Reading('degrees', {'unit': 'deg'}), Reading('millimetres', {'unit': 'mm'})
PERCENT = Reading(
    'percent of its range, -100 to 100', {'map': {'lower': -100.0, 'upper': 100.0}}, _PERCENT_SLACK
)
OPEN_SHARE = Reading('0 closed to 1 open', {'map': {'closed': 0.0, 'open': 1.0}}, _SHARE_SLACK)
OPEN_PERCENT = Reading(
    '0 closed to 100 open', {'map': {'closed': 0.0, 'open': 100.0}}, _PERCENT_SLACK * 2
)
CLOSED_SHARE = Reading('0 open to 1 closed', {'map': {'open': 0.0, 'closed': 1.0}}, _SHARE_SLACK)
_ARM = {'revolute': (RADIANS, DEGREES, PERCENT), 'prismatic': (METRES, MILLIMETRES)}
_GRIPPER = {
    'revolute': (RADIANS, OPEN_SHARE, OPEN_PERCENT, DEGREES),
    'prismatic': (METRES, OPEN_SHARE, OPEN_PERCENT, MILLIMETRES),
}


@dataclass(frozen=True)
class Fit:
    """How a reading of a joint's numbers stands to the joint's limits.

    Attributes:
        is_inside: whether they lie inside, but for the slack.
        coverage: their span as a share of the joint's range.
    """

    is_inside: bool
    coverage: float


def readings_of(joint: str, cell: Cell) -> tuple[Reading, ...]:
    """Return what the numbers of a joint may mean, the most usual first."""
    index = cell.joint_names.index(joint)
    table = _GRIPPER if index in cell.grippers else _ARM
    return table[cell.joints[index].type]


def fit(reading: Reading, joint: str, low: float, high: float, cell: Cell) -> Fit:
    """Compare numbers, read in one way, with the limits of their joint.

    Args:
        reading: what they are taken for.
        joint: of the cell.
        low: least number.
        high: largest number.
        cell: that has it.
    """
    limits = cell.joints[cell.joint_names.index(joint)]
    scale = joint_scales((reading.component(joint),), cell)[joint]
    least, most = sorted(scale.offset + scale.factor * number for number in (low, high))
    span = limits.upper - limits.lower
    slack = reading.slack * span
    is_inside = limits.lower - slack <= least and most <= limits.upper + slack
    return Fit(is_inside, (most - least) / span)
