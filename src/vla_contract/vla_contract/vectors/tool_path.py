"""From what a policy wants of tools to positions of the joints, step by step along a chunk."""

from functools import cached_property
from typing import Any

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.errors import PolicyError
from vla_contract.values import Vector
from vla_contract.vectors.tool_numbers import ToolNumbers
from vla_contract.vectors.tool_vector import ToolVector

# No arm of this size gets further in one step: longer ways are of another frame or unit.
_FURTHEST_M = 1.0


class ToolPath:
    """Follows actions of tools with the joints of their arms.

    Each step starts where the one before has brought the arm, the first one where the policy saw
    it. Moves are made within the limits of speed, and what those forbid is left out. Poses are
    followed wherever they are, as positions of joints would be: the action filter refuses jumps.
    """

    def __init__(self, vector: ToolVector, cell: Cell, rate_hz: float) -> None:
        """Prepare for the actions of a policy.

        Args:
            vector: its action.
            cell: joints, tools and model.
            rate_hz: of the policy.
        """
        self._vector, self._cell, self._rate_hz = vector, cell, rate_hz
        self._arm = list(cell.arm)
        self._joints = [list(cell.robot.arm_of(tool.tool)) for tool in vector.tools]

    @cached_property
    def moves(self) -> list[int]:
        """Indices of the joints that follow moves, and no poses."""
        pairs = zip(self._vector.tools, self._joints, strict=True)
        return sorted(index for tool, joints in pairs if tool.is_move for index in joints)

    @cached_property
    def _solvers(self) -> list[Any]:
        # mink and MuJoCo are imported only where a policy moves a tool.
        from vla_contract.kinematics.inverse_kinematics import InverseKinematics

        return [
            InverseKinematics(self._cell, self._rate_hz if tool.is_move else None, tool.tool)
            for tool in self._vector.tools
        ]

    def follow(self, values: Vector, positions: Vector, joints: Vector) -> None:
        """Fill in the joints of the arms that carry tools.

        From a row with numbers that are not finite on, they are NaN.

        Args:
            values: of the actions, shape (K, D + T).
            positions: of the other joints, shape (K, D); changed.
            joints: when the policy looked, shape (D,).

        Raises:
            PolicyError: a pose or move is further than any arm gets, or a rotation is none.
        """
        # Another arm's joints are of no matter, but they must be numbers.
        seen = np.asarray(joints, dtype=np.float64)
        moved = [index for own in self._joints for index in own]
        positions[:, moved] = seen[moved]
        for tool, own, solver in zip(self._vector.tools, self._joints, self._solvers, strict=True):
            numbers, now = values[:, self._vector.places(tool)], seen
            for step, row in enumerate(positions):
                row[own] = now[own]
                if not np.isfinite([*numbers[step], *row[self._arm]]).all():
                    positions[step:, own] = np.nan
                    break
                now = row.copy()
                now[self._arm] = self._step(tool, solver, row[self._arm], numbers[step])
                row[own] = now[own]

    def _step(self, tool: ToolNumbers, solver: Any, arm: Vector, numbers: Vector) -> Vector:
        now = solver.tool_pose(arm)
        wanted = tool.read(numbers, now)
        if not tool.is_move:
            _require_near(tool.tool.name, now, wanted)
        moved: Vector = solver.step_to(arm, wanted)
        return moved


def _require_near(tool: str, found: Vector, wanted: Vector) -> None:
    length = float(np.linalg.norm(wanted[:3, 3] - found[:3, 3]))
    if not length <= _FURTHEST_M:
        raise PolicyError(
            f'the policy wants tool {tool} {length:.3g} m from where it is; allowed: '
            f'{_FURTHEST_M:g} m (are frame, origin, point and unit in the policy file those of '
            'the checkpoint?)'
        )
