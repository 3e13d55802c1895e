"""Reorder vectors by joint name; the one place where two joint orders meet."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from vla_contract.errors import NameMismatchError


class JointMap:
    """Maps vectors in one order of joint names to another, by name.

    Extra names in the source are ignored (joint_states carries passive joints too); a target
    name the source lacks is an error.
    """

    def __init__(self, source: Sequence[str], target: Iterable[str], what: str) -> None:
        """Prepare the map.

        Args:
            source: names of the incoming vector.
            target: names of the outgoing vector.
            what: where the source comes from, for the error message.

        Raises:
            NameMismatchError: a target name is missing in the source, or repeated there.
        """
        target = tuple(target)
        source = tuple(source)
        relevant = [name for name in source if name in target]
        if sorted(relevant) != sorted(target):
            raise NameMismatchError(what, target, source)
        self.source = source
        self.indices = np.array([source.index(name) for name in target], dtype=np.intp)

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values in target order; the last axis is the joint axis."""
        return np.asarray(values, dtype=np.float64)[..., self.indices]
