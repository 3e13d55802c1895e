"""The statistics by which OpenVLA turns a network's numbers between -1 and 1 into actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_policy_server.openvla.errors import OpenVlaError

Vector = NDArray[np.float64]
WIDTH = 7
"""Translation, rotation and gripper."""


@dataclass(frozen=True)
class ActionStatistics:
    """Where the actions of one training set lie.

    Attributes:
        low: first percentile of each number (q01), shape (7,).
        high: ninety-ninth percentile (q99), shape (7,).
        mask: which numbers were normalised by them; the gripper's is not.
    """

    low: Vector
    high: Vector
    mask: NDArray[np.bool_]

    def denormalise(self, normalised: Vector) -> Vector:
        """Return actions of normalised numbers, shape (7,): 0.5 (x + 1) (q99 - q01) + q01."""
        scaled = 0.5 * (normalised + 1.0) * (self.high - self.low) + self.low
        return np.where(self.mask, scaled, normalised)

    def contains(self, action: Vector) -> bool:
        """Whether an action is one that numbers between -1 and 1 can give."""
        edges = [self.denormalise(np.full(WIDTH, edge)) for edge in (-1.0, 1.0)]
        # Models compute in 16 bits: a hundredth of the range is rounding, not another statistic.
        slack = 0.01 * (edges[1] - edges[0])
        return bool(((action >= edges[0] - slack) & (action <= edges[1] + slack)).all())


def find_statistics(norm_stats: Mapping[str, Any], unnorm_key: str) -> ActionStatistics:
    """Return the statistics under a key; without one, the only ones there are.

    Raises:
        OpenVlaError: there is no such key, several to choose from, or they are not of 7 numbers.
    """
    known = ', '.join(sorted(norm_stats)) or 'none'
    if not unnorm_key and len(norm_stats) == 1:
        unnorm_key = next(iter(norm_stats))
    if unnorm_key not in norm_stats:
        found = f"'{unnorm_key}'" if unnorm_key else 'none'
        raise OpenVlaError(f'unnorm_key: found {found}; the checkpoint has: {known}')
    entry = norm_stats[unnorm_key].get('action', {})
    try:
        low, high = (np.asarray(entry[name], dtype=np.float64) for name in ('q01', 'q99'))
        mask = np.asarray(entry.get('mask', np.ones(WIDTH)), dtype=np.bool_)
    except (KeyError, TypeError, ValueError) as error:
        raise OpenVlaError(f"statistics '{unnorm_key}' lack q01 or q99: {error}") from None
    shapes = {low.shape, high.shape, mask.shape}
    if shapes != {(WIDTH,)} or not (np.isfinite([low, high]).all() and (low <= high).all()):
        raise OpenVlaError(
            f"statistics '{unnorm_key}': found {entry!r:.200}; allowed: 7 numbers, q01 <= q99"
        )
    return ActionStatistics(low, high, mask)
