"""Which unit the numbers of joints have, proposed from where they lie between the limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
import re

from vla_contract.deployment.cell import Cell
from vla_lerobot.drafting.readings import (
    CLOSED_SHARE,
    DEGREES,
    fit,
    OPEN_PERCENT,
    OPEN_SHARE,
    PERCENT,
    Reading,
    readings_of,
)

Spans = Mapping[str, tuple[float, float]]
# A reading in which everything hardly moves, beside one in which it moves ten times as far, is
# none: nobody records demonstrations of half a degree.
_LEAST_SHARE = 0.1
# And one in which no joint moves over that share of its range.
_LEAST_COVERAGE = 0.02
# Calibrations differ: of five joints one may lie beyond the limits of the robot's file.
_MOST_BEYOND = 0.25
# LeRobot cuts percent off at 100; numbers beyond are no positions that it read.
_CUT, _EXACT = 100.0, 0.05
_OPENS_AT_0 = ('droid',)
_MEANING = re.compile(r'(\S+) at (\S+) (rad|m), (\S+) at (\S+) (rad|m)')


@dataclass(frozen=True)
class Proposal:
    """What the numbers of a joint are proposed to mean.

    Attributes:
        reading: the first guess, None where nothing fits.
        others: what else fits.
        beyond: joints whose numbers lie beyond their limits even so.
        is_recorded: whether checkpoint or dataset say so.
    """

    reading: Reading | None
    others: tuple[Reading, ...] = ()
    beyond: tuple[str, ...] = ()
    is_recorded: bool = False

    @property
    def words(self) -> str:
        """What a comment says of it."""
        if self.reading is None:
            return 'no unit fits the limits of the joint: another zero, or another robot?'
        if self.is_recorded:
            return f'recorded: {self.reading.words}'
        rest = ''.join(f', or {other.words}' for other in self.others)
        if self.beyond:
            far = ', '.join(self.beyond)
            return (
                f'guess: {self.reading.words}{rest}; beyond its limits so: {far} (another zero?)'
            )
        return f'guess: {self.reading.words}{rest}{"?" if rest else ", the only one that fits"}'


def recorded_reading(meaning: str) -> Reading | None:
    """Return the reading of the words that our datasets and manifests write, None for others."""
    units = {'rad': {}, 'm': {}, 'deg': {'unit': 'deg'}, 'mm': {'unit': 'mm'}}
    if meaning in units:
        return Reading(meaning, units[meaning])
    if (match := _MEANING.fullmatch(meaning)) is None:
        return None
    low, begin, _, high, end, _ = match.groups()
    ends = [float(begin), float(end)]
    return Reading(meaning, {'map': {'lower': float(low), 'upper': float(high), 'range': ends}})


def propose(spans: Spans, cell: Cell, hints: str = '') -> dict[str, Proposal]:
    """Propose what the numbers of joints mean: joints of one kind have one unit.

    Args:
        spans: least and largest number by joint of the cell.
        cell: with their limits.
        hints: names by which robot and data go.
    """
    grippers = {cell.joint_names[i] for i in cell.grippers}
    kinds: dict[str, list[str]] = {}
    for joint in spans:
        if joint not in grippers:
            kind = cell.joints[cell.joint_names.index(joint)].type
            kinds.setdefault(kind, []).append(joint)
    found: dict[str, Proposal] = {}
    for joints in kinds.values():
        proposal = _common(readings_of(joints[0], cell), joints, spans, cell)
        found |= dict.fromkeys(joints, proposal)
    for joint in grippers & set(spans):
        found[joint] = _of_gripper(joint, spans, cell, hints)
    return found


def _common(
    readings: Sequence[Reading], joints: Sequence[str], spans: Spans, cell: Cell
) -> Proposal:
    """Return what the numbers of several joints mean alike."""
    coverage, beyond = {}, {}
    for reading in readings:
        fits = {joint: fit(reading, joint, *spans[joint], cell) for joint in joints}
        beyond[reading.words] = tuple(name for name, one in fits.items() if not one.is_inside)
        coverage[reading.words] = max(one.coverage for one in fits.values())
    least = min(len(names) for names in beyond.values())
    if least > _MOST_BEYOND * len(joints):
        return Proposal(None)
    fitting = [
        reading
        for reading in readings
        if len(beyond[reading.words]) == least and coverage[reading.words] >= _LEAST_COVERAGE
    ]
    most = max((coverage[reading.words] for reading in fitting), default=0.0)
    likely = [r for r in fitting if coverage[r.words] >= _LEAST_SHARE * most]
    if not likely:
        return Proposal(None)
    if DEGREES in likely and PERCENT in likely:
        likely.sort(key=lambda reading: reading == DEGREES and _looks_cut(joints, spans))
    return Proposal(likely[0], tuple(likely[1:]), beyond[likely[0].words])


def _looks_cut(joints: Sequence[str], spans: Spans) -> bool:
    """Whether some numbers end exactly at -100 or 100 and none lies beyond."""
    ends = [abs(end) for joint in joints for end in spans[joint]]
    return abs(max(ends) - _CUT) <= _EXACT


def _of_gripper(joint: str, spans: Spans, cell: Cell, hints: str) -> Proposal:
    proposal = _common(readings_of(joint, cell), [joint], spans, cell)
    readings = [proposal.reading, *proposal.others] if proposal.reading else []
    if OPEN_PERCENT in readings and DEGREES in readings:
        readings.remove(DEGREES)  # LeRobot's arms give no gripper in degrees
    if OPEN_SHARE in readings:
        place = readings.index(OPEN_SHARE)
        turned = any(name in hints for name in _OPENS_AT_0)
        both = [CLOSED_SHARE, OPEN_SHARE] if turned else [OPEN_SHARE, CLOSED_SHARE]
        readings[place : place + 1] = both
    return (
        replace(proposal, reading=readings[0], others=tuple(readings[1:]))
        if readings
        else proposal
    )
