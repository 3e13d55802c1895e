"""Which frames each training step sees: drawn from several pools by stated shares.

LeRobot 0.6.1 trains on one dataset and has no sampling ratio; co-training needs one: 90 % of
simulated samples was best or equal to the best in Maddukuri et al. 2025 (arXiv 2503.24361).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Pool:
    """Frames that are drawn alike.

    Attributes:
        name: what they are, for the summary.
        frames: their indices, shape (N,).
        share: part of all samples that comes from here; the shares of all pools add up to 1.
    """

    name: str
    frames: NDArray[np.int64]
    share: float


class MixedBatches:
    """Draws the batch of each step from the step's own number.

    So a resumed training sees what the uninterrupted one would have seen, and the processes of
    a training on several GPUs see different frames without talking to each other.
    """

    def __init__(
        self, pools: Sequence[Pool], batch: int, steps: range, seed: int, rank: int = 0
    ) -> None:
        """Prepare to draw.

        Args:
            pools: where from; none is empty.
            batch: samples per step.
            steps: the steps to draw for.
            seed: of the training.
            rank: number of this process among those that train together.
        """
        self._pools = [pool.frames for pool in pools]
        self._shares = np.array([pool.share for pool in pools])
        self._batch, self._steps = batch, steps
        self._seed, self._rank = seed, rank

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self._steps)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the frames of each step."""
        for step in self._steps:
            rng = np.random.default_rng((self._seed, self._rank, step))
            chosen = rng.choice(len(self._pools), size=self._batch, p=self._shares)
            yield [int(rng.choice(self._pools[number])) for number in chosen]
