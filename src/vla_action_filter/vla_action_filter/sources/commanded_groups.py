"""All groups of a cell, and who commands which of them."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from vla_action_filter.sources.commanded_group import CommandedGroup
from vla_contract.deployment.cell import Cell
from vla_contract.errors import UnknownNameError
from vla_contract.filter_status import Reason, ReasonCode
from vla_contract.joints.command_groups import command_groups

Mask = NDArray[np.bool_]
_GIVEN = Reason('given over', ReasonCode.HAND_BACK)
# Before every observation.
_NEVER_NS = -1


class CommandedGroups:
    """Knows of every joint of a cell whether a human commands it, or the policy."""

    def __init__(self, cell: Cell, first_is_human: bool) -> None:
        """Give all groups to who commands first."""
        self._dim = len(cell.joints)
        self._first_is_human = first_is_human
        self._groups = {
            group.name: CommandedGroup(group, self._dim, first_is_human)
            for group in command_groups(cell.robot)
        }

    def __iter__(self) -> Iterator[CommandedGroup]:
        """Yield the groups, in the order of the file."""
        return iter(self._groups.values())

    @property
    def of_human(self) -> tuple[str, ...]:
        """Names of those that a human commands."""
        return tuple(group.name for group in self if group.is_human)

    @property
    def problems(self) -> list[Reason]:
        """Which of them stand, and why."""
        return [
            Reason(f'{group.name}: {group.problem}', group.problem.code)
            for group in self
            if group.problem
        ]

    def give(self, to_human: bool, names: Sequence[str], now_ns: int) -> bool:
        """Give groups to a human, or back to the policy; return whether anything changed.

        Args:
            to_human: to whom.
            names: of the groups; empty for all.
            now_ns: time after which the policy must have observed what it continues [ns].

        Raises:
            UnknownNameError: the cell has no such group.
        """
        for name in names:
            if name not in self._groups:
                raise UnknownNameError('group', name, 'the cell', self._groups)
        chosen = [self._groups[name] for name in names or self._groups]
        changed = [group.give(to_human, now_ns) for group in chosen]
        for group in chosen:
            # It is joined to its new plan when that can be followed.
            group.problem = _GIVEN
        return any(changed)

    def restart(self) -> None:
        """Give all groups to who commands first."""
        for group in self:
            group.give(self._first_is_human, _NEVER_NS)

    def commanded(self, is_human: bool) -> Mask:
        """Return the joints that one commands, shape (D,)."""
        return self._joints(group for group in self if group.is_human is is_human)

    def served(self, is_human: bool) -> Mask:
        """Return those of them that can follow what is wanted, shape (D,)."""
        return self._joints(
            group for group in self if group.is_human is is_human and not group.problem
        )

    def _joints(self, groups: Iterator[CommandedGroup]) -> Mask:
        joints = np.zeros(self._dim, dtype=bool)
        for group in groups:
            joints[group.columns] = True
        return joints
