"""joint_states of any driver, merged by name: the newest measurement of every joint."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError, NameMismatchError
from vla_contract.values import JointSample, NS_PER_S

TOPIC = 'joint_states'
# A network reorders messages by less than this. An older stamp that comes later than that is of a
# clock that was set back, and counts.
_REORDERED_NS = NS_PER_S
_MOST_NAMED = 3


class JointStateMerge:
    """Keeps the newest measurement of each joint of a cell, whoever sends it.

    A message may name any of the joints, in any order, and others. What it does not measure of a
    joint, because the field is empty or not finite, is missing and never zero; a joint without a
    finite position is not in the message.
    """

    def __init__(self, cell: Cell) -> None:
        """Prepare for the joints of a robot; none was heard of yet."""
        self._names = cell.joint_names
        dim = len(self._names)
        self._leads = np.array(cell.arm or cell.grippers)
        self._orders: dict[tuple[str, ...], tuple[NDArray[np.intp], NDArray[np.intp]]] = {}
        self._is_known = np.zeros(dim, dtype=bool)
        self._position, self._velocity, self._effort = (np.full(dim, np.nan) for _ in range(3))
        self._stamps_ns, self._arrivals_ns = (np.zeros(dim, dtype=np.int64) for _ in range(2))

    def offer(
        self,
        names: Sequence[str],
        position: Sequence[float],
        velocity: Sequence[float],
        effort: Sequence[float],
        stamp_ns: int,
        arrival_ns: int,
    ) -> bool:
        """Take a message; returns whether any joint has a newer measurement now.

        Args:
            names: of the joints of the message, N of them.
            position: N values [rad or m].
            velocity: N values [rad/s or m/s], or none.
            effort: N values [Nm or N], or none.
            stamp_ns: time of measurement [ns].
            arrival_ns: time of arrival, by the clock of who asks [ns].

        Raises:
            ContractError: another number of positions than names, or a joint is named twice.
        """
        source, target = self._order(tuple(names))
        if len(position) != len(names):
            raise ContractError(
                f'joint_states: found {len(position)} positions for {len(names)} joints'
            )
        values = np.asarray(position, dtype=np.float64)[source]
        is_new = np.isfinite(values) & self._may_replace(target, stamp_ns, arrival_ns)
        target = target[is_new]
        self._position[target] = values[is_new]
        for kept, given in ((self._velocity, velocity), (self._effort, effort)):
            kept[target] = np.nan
            if len(given) == len(names):
                kept[target] = np.asarray(given, dtype=np.float64)[source[is_new]]
        self._stamps_ns[target] = stamp_ns
        self._arrivals_ns[target] = arrival_ns
        self._is_known[target] = True
        return bool(is_new.any())

    @property
    def sample(self) -> JointSample | None:
        """The newest of all joints; None until each was heard of."""
        if not self._is_known.all():
            return None
        velocity, effort = (
            np.where(np.isfinite(v), v, np.nan) for v in (self._velocity, self._effort)
        )
        return JointSample(
            int(self._stamps_ns[self._leads].min()),
            self._position,
            velocity,
            None if np.isnan(effort).all() else effort,
            self._stamps_ns,
            self._arrivals_ns,
        )

    @property
    def missing(self) -> str:
        """Which joints were never heard of, as a reason; '' when all were."""
        if self._is_known.all():
            return ''
        if not self._orders:
            return 'no joint_states'
        names = [
            name for name, known in zip(self._names, self._is_known, strict=True) if not known
        ]
        return f'joint_states: no {listed(names)} yet'

    def _order(self, names: tuple[str, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return where in a message the cell's joints are, and which ones they are."""
        if names not in self._orders:
            found = [name for name in names if name in self._names]
            if len(set(found)) != len(found):
                raise NameMismatchError(TOPIC, self._names, names)
            # A driver that changes the order with every message is none to remember.
            if len(self._orders) > 100:
                self._orders.clear()
            self._orders[names] = (
                np.array([names.index(name) for name in found], dtype=np.intp),
                np.array([self._names.index(name) for name in found], dtype=np.intp),
            )
        return self._orders[names]

    def _may_replace(
        self, joints: NDArray[np.intp], stamp_ns: int, arrival_ns: int
    ) -> NDArray[np.bool_]:
        since_ns = arrival_ns - self._arrivals_ns[joints]
        is_reordered = (since_ns >= 0) & (since_ns < _REORDERED_NS)
        is_older = stamp_ns < self._stamps_ns[joints]
        return ~(self._is_known[joints] & is_older & is_reordered)


def listed(names: Sequence[str]) -> str:
    """Return names for a sentence, the first of them when they are many."""
    more = len(names) - _MOST_NAMED
    return ', '.join(names[:_MOST_NAMED]) + (f' and {more} more' if more > 0 else '')
