"""Numbers of a policy as positions of the cell's joints, and back: reordered, scaled, shifted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import pi

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.robot import Joint
from vla_contract.errors import NameMismatchError, PolicyError
from vla_contract.joints.joint_map import JointMap
from vla_contract.values import Vector
from vla_contract.vectors.component import Component, JOINT_POSITION, JOINT_VELOCITY, NumberMap

SI = {'': 1.0, 'rad': 1.0, 'deg': pi / 180.0, 'm': 1.0, 'mm': 1e-3}
"""Value of 1.0 of each unit [rad or m]."""
# Far beyond any state or action; what is larger could overflow on the way.
_LARGEST = 1e12
_UNIT = {'revolute': 'rad', 'prismatic': 'm'}


@dataclass(frozen=True)
class JointScale:
    """What the numbers of one joint mean: position = offset + factor * number.

    Attributes:
        quantity: of the component.
        offset: position at the number 0; 0 for what is no position [rad or m].
        factor: SI value of 1.0.
        meaning: in words.
    """

    quantity: str
    offset: float
    factor: float
    meaning: str


def joint_scales(components: Sequence[Component], cell: Cell) -> dict[str, JointScale]:
    """Return what the numbers of each joint mean, by its name."""
    joints = dict(zip(cell.joint_names, cell.joints, strict=True))
    return {
        name: _scale(component, joints[name], index)
        for component in components
        for index, name in enumerate(component.joints)
    }


class VectorScale:
    """Converts vectors of numbers of a policy to vectors of the cell's joints, and back."""

    def __init__(
        self,
        names: Sequence[str],
        scales: Mapping[str, JointScale],
        order: Sequence[str],
        what: str,
    ) -> None:
        """Prepare for vectors whose numbers are of these joints, in this order.

        Args:
            names: of joints of the cell; a subset can be encoded only.
            scales: what the numbers of each mean.
            order: of the joints of the cell.
            what: the vector is, for errors.

        Raises:
            NameMismatchError: the cell lacks a joint, or one is named twice.
        """
        self.names = tuple(names)
        self.meanings = tuple(scales[name].meaning for name in self.names if name in scales)
        self._what = what
        self._joint_names = tuple(order)
        if len(set(self.names)) != len(self.names):
            raise NameMismatchError(what, order, self.names)
        self._take = JointMap(order, self.names, 'cell joints')
        self._offset = np.array([scales[name].offset for name in self.names])
        self._factor = np.array([scales[name].factor for name in self.names])

    @property
    def sizes(self) -> Vector:
        """How far 1.0 of each number moves its joint, shape (width,) [rad or m]."""
        sizes: Vector = np.abs(self._factor)
        return sizes

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return len(self.names)

    def encode(self, joints: Vector) -> Vector:
        """Return the numbers of positions in the cell's order, shape (..., D) to (..., width)."""
        joints = self._checked(joints, len(self._joint_names), 'joints')
        numbers: Vector = (self._take(joints) - self._offset) / self._factor
        return numbers

    def decode(self, numbers: Vector, is_checked: bool = True) -> Vector:
        """Return the positions of numbers in the cell's order, shape (..., width) to (..., D).

        Args:
            numbers: of the policy.
            is_checked: False lets numbers pass that are not finite, for who looks at them later.

        Raises:
            NameMismatchError: the numbers are not of all joints.
            PolicyError: another width, or numbers that are not finite.
        """
        if len(self.names) != len(self._joint_names):
            raise NameMismatchError(self._what, self._joint_names, self.names)
        numbers = self._checked(numbers, self.width, 'numbers', is_checked)
        joints: Vector = np.empty_like(numbers)
        joints[..., self._take.indices] = self._offset + self._factor * numbers
        return joints

    def _checked(self, values: Vector, width: int, kind: str, is_finite: bool = True) -> Vector:
        values = np.asarray(values, dtype=np.float64)
        if values.ndim == 0 or values.shape[-1] != width:
            found = values.shape[-1] if values.ndim else 1
            raise PolicyError(f'{self._what}: found {found} {kind}; allowed: {width}')
        is_good = np.abs(values) <= _LARGEST  # and so no NaN
        if is_finite and not is_good.all():
            bad = np.argwhere(~is_good)[0]
            names = self.names if kind == 'numbers' else self._joint_names
            raise PolicyError(
                f'{self._what}: found {values[tuple(bad)]} for {names[bad[-1]]}; allowed: finite '
                f'numbers up to {_LARGEST:g}'
            )
        return values


def _scale(component: Component, joint: Joint, index: int) -> JointScale:
    sign, zero = _one(component.sign, index, 1.0), _one(component.zero, index, 0.0)
    numbers, unit = component.map, _UNIT[joint.type]
    if numbers is None:
        name = component.unit or unit
        factor, offset = sign * component.scale * SI[name], zero
        meaning = _words(component.scale, name, sign, zero, unit)
    else:
        (low, start), (high, end) = _ends(numbers, joint)
        factor = (end - start) / (high - low)
        offset = zero + sign * (start - factor * low)
        factor *= sign
        begin, finish = zero + sign * start, zero + sign * end
        meaning = f'{low:g} at {begin:.6g} {unit}, {high:g} at {finish:.6g} {unit}'
    if component.quantity != JOINT_POSITION:
        offset = 0.0
        per = ' per second' if component.quantity == JOINT_VELOCITY else ''
        meaning = f'{component.quantity} in {meaning}{per}'
    return JointScale(component.quantity, offset, factor, meaning)


def _ends(numbers: NumberMap, joint: Joint) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return two numbers of a map, each with its position [rad or m]."""
    lower, upper = numbers.range or (joint.lower, joint.upper)
    if numbers.lower is not None and numbers.upper is not None:
        return (numbers.lower, lower), (numbers.upper, upper)
    if joint.closed_at == 'upper':
        lower, upper = upper, lower
    # Which are there: that was checked on load.
    return (numbers.closed or 0.0, lower), (numbers.open or 0.0, upper)


def _words(scale: float, name: str, sign: float, zero: float, unit: str) -> str:
    text = name if scale == 1.0 else f'{scale:.6g} {name}'
    text = f'-{text}' if sign < 0.0 else text
    return text if zero == 0.0 else f'{text} from {zero:.6g} {unit}'


def _one(values: tuple[float, ...], index: int, default: float) -> float:
    if not values:
        return default
    return values[0] if len(values) == 1 else values[index]
