"""Vectors of a policy that hold poses or moves of tools beside joints."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.errors import PolicyError
from vla_contract.values import Vector
from vla_contract.vectors.component import Component, has_tools, names_of_each, number_names
from vla_contract.vectors.scale import joint_scales, VectorScale
from vla_contract.vectors.tool_numbers import tool_numbers, ToolNumbers


class ToolVector(VectorScale):
    """Numbers of joints and of tools.

    Values are the joints in the cell's order, then what each tool's numbers say and joints that
    stand in the vector again, all in SI. Joints that the vector leaves out are rad and m.

    Attributes:
        tools: what its numbers say of tools.
    """

    def __init__(
        self, names: Sequence[str], components: Sequence[Component], cell: Cell, what: str
    ) -> None:
        """Prepare for vectors whose numbers have these names, in this order.

        Args:
            names: of numbers of the components, or of joints of the cell.
            components: what the vector holds; at least one of a tool.
            cell: joints, tools and their model.
            what: the vector is, for errors.

        Raises:
            NameMismatchError: there is no such number, or one is named twice.
        """
        self._cell = cell
        joints = cell.joint_names
        scales = joint_scales((Component(joints=joints),), cell)
        tools: list[ToolNumbers] = []
        self._again: dict[str, int] = {}
        for component, own in zip(components, names_of_each(components), strict=True):
            if component.is_of_tool:
                tools.append(tool_numbers(component, own, cell))
                scales |= tools[-1].scales
                continue
            of_joints = joint_scales((component,), cell)
            scales |= dict(zip(own, of_joints.values(), strict=True))
            pairs = zip(own, component.joints, strict=True)
            self._again |= {n: joints.index(joint) for n, joint in pairs if n != joint}
        self.tools = tuple(tools)
        more = (*(name for tool in tools for name in tool.names), *self._again)
        super().__init__(names or number_names(components), scales, (*joints, *more), what)

    @cached_property
    def _kinematics(self) -> Any:
        # pinocchio and MuJoCo are imported only where a policy speaks of tools.
        from vla_contract.kinematics.tool_kinematics import ToolKinematics

        return ToolKinematics(self._cell)

    def places(self, tool: ToolNumbers) -> slice:
        """Return where the numbers of a tool stand among the values."""
        first = self._joint_names.index(tool.names[0])
        return slice(first, first + len(tool.names))

    def values(self, joints: Vector, before: Vector, said: Vector | None = None) -> Vector:
        """Return the values of joints, shape (..., D) to (..., D + T).

        Args:
            joints: positions in the cell's order.
            before: where moves begin, shape (..., D).
            said: what the numbers of joints are to say; none: the positions.
        """
        joints = np.asarray(joints, dtype=np.float64)
        values = np.empty((*joints.shape[:-1], len(self._joint_names)))
        values[..., : joints.shape[-1]] = joints if said is None else said
        for tool in self.tools:
            pose = self._kinematics.poses(tool.tool, joints)
            start = self._kinematics.poses(tool.tool, before) if tool.is_move else pose
            values[..., self.places(tool)] = tool.write(pose, start)
        for name, index in self._again.items():
            values[..., self._joint_names.index(name)] = values[..., index]
        return values

    def encode(self, joints: Vector) -> Vector:
        """Return the numbers of positions in the cell's order, shape (..., D) to (..., width)."""
        joints = self._checked(joints, len(self._cell.joints), 'joints')
        return self.encode_values(self.values(joints, joints))

    def encode_values(self, values: Vector) -> Vector:
        """Return the numbers of values, shape (..., D + T) to (..., width)."""
        return super().encode(values)

    def decode(self, numbers: Vector, is_checked: bool = True) -> Vector:
        """Return positions, where the numbers are named so that all of them are joints'.

        Raises:
            PolicyError: they are not; or another width, or numbers that are not finite.
        """
        if sorted(self.names) != sorted(self._cell.joint_names):
            tools = ', '.join(tool.tool.name for tool in self.tools)
            raise PolicyError(
                f'{self._what}: found numbers of tool {tools} ({", ".join(self.names)}), of which '
                f'joints cannot be told; allowed here: {", ".join(self._cell.joint_names)}'
            )
        return self.decode_values(numbers, is_checked)[..., : len(self._cell.joints)]

    def decode_values(self, numbers: Vector, is_checked: bool = True) -> Vector:
        """Return the values of numbers, shape (..., width) to (..., D + T); NaN without number.

        Raises:
            PolicyError: another width, or numbers that are not finite.
        """
        numbers = self._checked(numbers, self.width, 'numbers', is_checked)
        values = np.full((*numbers.shape[:-1], len(self._joint_names)), np.nan)
        values[..., self._take.indices] = self._offset + self._factor * numbers
        return values


def vector_of(
    names: Sequence[str], components: Sequence[Component], cell: Cell, what: str
) -> VectorScale:
    """Return what the numbers of components mean.

    Args:
        names: in the order of the numbers where it is not the components'.
        components: with their joints and tools.
        cell: whose joints and tools they are.
        what: the vector is, for errors.

    Raises:
        NameMismatchError: there is no such number, or one is named twice.
    """
    if has_tools(components):
        return ToolVector(names, components, cell, what)
    own = number_names(components)
    return VectorScale(names or own, joint_scales(components, cell), cell.joint_names, what)
