"""Which joint of the cell each number of a vector is of, by the names that are recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
import re

from vla_contract.deployment.cell import Cell
from vla_lerobot.column_names import bare_names, EFFORT, ENDINGS, POSITION, without_ending
from vla_lerobot.drafting.numbers import Numbers

# Parts of names that say which robot, not which joint.
_IDLE = ('main', 'follower', 'leader', 'joint', 'puppet', 'master')
# Parts of names of a pose of the tool, or of its moves.
_CARTESIAN = {
    *('x', 'y', 'z', 'ee', 'eef', 'tcp', 'dx', 'dy', 'dz'),
    *('ax', 'ay', 'az', 'rx', 'ry', 'rz', 'drx', 'dry', 'drz', 'qx', 'qy', 'qz', 'qw'),
}
_PART = re.compile(r'[a-z]+|[0-9]+')
MISSING = 'FILL_IN'
"""Stands where a person has to write something; no loader takes it."""


@dataclass(frozen=True)
class Joints:
    """The joints of a vector's numbers.

    Attributes:
        names: of joints of the cell, or `MISSING`.
        recorded: names of the numbers as they are recorded, '' where they are not.
        kinds: what a part of a recorded name says: a value of `ENDINGS`, or ''.
        remark: how they were found, for a comment; begins with 'guess' where it is one.
    """

    names: tuple[str, ...]
    recorded: tuple[str, ...]
    kinds: tuple[str, ...]
    remark: str

    @property
    def is_guess(self) -> bool:
        """Whether nobody recorded which they are."""
        return self.remark.startswith('guess') or MISSING in self.names


def joints_of(numbers: Numbers, cell: Cell, is_state: bool = False) -> Joints:
    """Find the joints of a vector in a cell.

    Args:
        numbers: of the vector.
        cell: whose joints they are.
        is_state: whether it is a state, which has positions alone.
    """
    wanted = cell.joint_names
    if numbers.names is None:
        is_whole = numbers.width == len(wanted)
        names = wanted if is_whole else (MISSING,) * numbers.width
        remark = (
            'guess: joint names are not recorded; these are the joints of the cell, in its order'
            if is_whole
            else f'joint names are not recorded, and {numbers.width} numbers are not the '
            f'{len(wanted)} joints of the cell: which are they?'
        )
        return Joints(names, ('',) * numbers.width, ('',) * numbers.width, remark)
    kinds = tuple(_kind(name) for name in numbers.names)
    bare = bare_names(numbers.names)
    if others := _without_place(numbers.names, is_state):
        remark = (
            f'has {", ".join(others)}, for which a policy file has no word: a state is one '
            'position of each joint, an action one position, velocity or move of each'
        )
        return Joints((MISSING,) * len(bare), numbers.names, kinds, remark)
    if sorted(bare) == sorted(wanted):
        return Joints(bare, numbers.names, kinds, f'as {numbers.names_from} names them')
    if any(_CARTESIAN & set(_PART.findall(name.lower())) for name in bare):
        remark = (
            f'recorded as {", ".join(bare)}: a pose or moves of the tool, and backend lerobot '
            'takes joints alone'
        )
        return Joints((MISSING,) * len(bare), numbers.names, kinds, remark)
    alike, remark = _alike(bare, wanted)
    return Joints(tuple(alike), numbers.names, kinds, remark)


def _without_place(names: Sequence[str], is_state: bool) -> list[str]:
    """Return recorded names of numbers that no component can say."""
    pairs = [without_ending(name) for name in names]
    joints = [joint for joint, _ in pairs]
    return [
        name
        for name, (joint, kind) in zip(names, pairs, strict=True)
        if kind == EFFORT or (kind not in ('', POSITION) and (is_state or joints.count(joint) > 1))
    ]


def _alike(bare: Sequence[str], wanted: Sequence[str]) -> tuple[list[str], str]:
    """Return a joint for each name: by what their names share, then by their order."""
    found = [_likely(name, wanted) for name in bare]
    names = [name if name and found.count(name) == 1 else '' for name in found]
    # Numbers count from 0 or from 1: all of them fit, or none.
    numbered = [i for i, name in enumerate(bare) if all(map(str.isdigit, _parts(name)))]
    if any(not names[i] for i in numbered):
        names = ['' if i in numbered else name for i, name in enumerate(names)]
    rest = [joint for joint in wanted if joint not in names]
    said = ', '.join(bare)
    if names.count('') != len(rest):
        names = [name or MISSING for name in names]
        left = f'; nothing is like {", ".join(rest)}' if rest else ''
        return names, f'recorded as {said}{left}: write the joints of the cell in this order'
    following = iter(rest)
    named = [name or next(following) for name in names]
    how = 'by their order' if len(rest) == len(bare) else 'by their likeness'
    return named, f'guess: recorded as {said}, taken for these joints {how}'


def _likely(name: str, wanted: Sequence[str]) -> str:
    """Return the only joint whose name has the same parts, or ends or begins as it, '' if none."""
    own = _parts(name)
    same = [joint for joint in wanted if _parts(joint) == own]
    near = same or [joint for joint in wanted if _is_within(own, _parts(joint))]
    return near[0] if len(near) == 1 else ''


def _is_within(one: Sequence[str], other: Sequence[str]) -> bool:
    short, long = sorted((one, other), key=len)
    return bool(short) and (long[-len(short) :] == short or long[: len(short)] == short)


def _parts(name: str) -> list[str]:
    words = _PART.findall(name.lower())
    return [word for word in words if word not in _IDLE and word not in ENDINGS]


def _kind(name: str) -> str:
    return next((ENDINGS[part] for part in _PART.findall(name.lower()) if part in ENDINGS), '')
