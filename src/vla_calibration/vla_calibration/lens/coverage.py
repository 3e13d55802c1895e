"""Which part of the image the boards have covered, and where points are missing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_contract.values import Vector

COLUMNS, ROWS = 8, 6
_ACROSS, _DOWN = ('left', 'middle', 'right'), ('top', 'centre', 'bottom')
_SPARSE = 0.34


@dataclass(frozen=True, eq=False)
class Coverage:
    """Points per cell of the image.

    Attributes:
        counts: shape (ROWS, COLUMNS).
        lit: which cells the lens lights at all, shape (ROWS, COLUMNS).
    """

    counts: Vector
    lit: NDArray[np.bool_]

    @classmethod
    def of(
        cls, pixels: Vector, size: tuple[int, int], lit: NDArray[np.bool_] | None = None
    ) -> 'Coverage':
        """Count pixels.

        Args:
            pixels: shape (n, 2) [px].
            size: width and height of the image [px].
            lit: see `Coverage`; None for all.
        """
        counts, _, _ = np.histogram2d(
            pixels[:, 1], pixels[:, 0], bins=(ROWS, COLUMNS),
            range=((-0.5, size[1] - 0.5), (-0.5, size[0] - 0.5)),
        )  # fmt: skip
        # Where a board was seen there is light.
        where = np.ones(counts.shape, dtype=bool) if lit is None else lit | (counts > 0)
        return cls(counts, where)

    @property
    def share(self) -> float:
        """Share of the cells the lens lights that hold a point."""
        return float((self.counts > 0)[self.lit].mean())

    @property
    def empty_regions(self) -> tuple[str, ...]:
        """Names of the ninths of the image with few covered cells, e.g. 'top left'."""
        rows, columns = np.array_split(np.arange(ROWS), 3), np.array_split(np.arange(COLUMNS), 3)
        return tuple(
            f'{_DOWN[i]} {_ACROSS[j]}'
            for i, part in enumerate(rows)
            for j, across in enumerate(columns)
            if self._is_sparse(np.ix_(part, across))
        )

    def _is_sparse(self, region: Any) -> bool:
        """Whether few of the lit cells of a region hold points."""
        lit = self.lit[region]
        return bool(lit.any()) and bool((self.counts[region] > 0)[lit].mean() < _SPARSE)
