"""One arm with its grippers: who commands it, and why it is not moved."""

import numpy as np
from vla_contract.filter_status import NO_REASON, Reason, ReasonCode
from vla_contract.joints.command_groups import CommandGroup
from vla_contract.values import ActionChunk

_NOT_FRESH = Reason('no chunk observed since the hand-back', ReasonCode.HAND_BACK)


class CommandedGroup:
    """Remembers who commands a group of joints and since when.

    Attributes:
        name: of the group.
        columns: mask of its joints, shape (D,).
        is_human: whether a human commands it.
        problem: why its source could not be followed in the newest cycle, empty when it could.
    """

    def __init__(self, group: CommandGroup, dim: int, is_human: bool) -> None:
        """Begin with a source of which nothing was heard."""
        self.name = group.name
        self.columns = np.zeros(dim, dtype=bool)
        self.columns[list(group.columns)] = True
        self.is_human = is_human
        self.problem = NO_REASON
        self._since_ns = -1

    def give(self, to_human: bool, now_ns: int) -> bool:
        """Give the group to a human, or back to the policy; returns whether that is news."""
        if self.is_human is to_human:
            return False
        self.is_human, self._since_ns = to_human, now_ns
        return True

    def not_fresh(self, chunk: ActionChunk | None) -> Reason:
        """Return why a policy's chunk cannot be used: it does not know what the human did."""
        is_old = chunk is not None and chunk.stamp_ns <= self._since_ns
        return _NOT_FRESH if is_old and not self.is_human else NO_REASON
