"""The times at which everything of an episode is logged."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from vla_contract.values import Stamps
from vla_rollout.view.rerun.library import load_rerun

CAPTURE, EPISODE, FRAME = 'capture', 'episode', 'frame'
"""Names of the timelines: time of capture, the same from the beginning on, number of the frame."""


@dataclass(frozen=True)
class Timelines:
    """Makes times of stamps.

    Attributes:
        first_ns: of the first measurement [ns].
        first_plan_ns: when frame 0 of the dataset is that `vla dataset convert` makes [ns].
        period_ns: of the policy [ns].
    """

    first_ns: int
    first_plan_ns: int
    period_ns: int

    def columns(self, stamps_ns: Iterable[int]) -> list[Any]:
        """Return columns of times for `send_columns`; earlier frames have numbers below 0."""
        column = load_rerun().TimeColumn
        stamps: Stamps = np.fromiter(stamps_ns, dtype=np.int64)
        return [
            column(CAPTURE, timestamp=stamps.astype('datetime64[ns]')),
            column(EPISODE, duration=(stamps - self.first_ns).astype('timedelta64[ns]')),
            column(FRAME, sequence=(stamps - self.first_plan_ns) // self.period_ns),
        ]
