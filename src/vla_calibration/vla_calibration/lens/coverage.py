"""Which part of the image the boards have covered, and where points are missing."""

from dataclasses import dataclass

import numpy as np
from vla_contract.values import Vector

COLUMNS, ROWS = 8, 6
_ACROSS, _DOWN = ('left', 'middle', 'right'), ('top', 'centre', 'bottom')
_SPARSE = 0.34


@dataclass(frozen=True, eq=False)
class Coverage:
    """Points per cell of the image.

    Attributes:
        counts: shape (ROWS, COLUMNS).
    """

    counts: Vector

    @classmethod
    def of(cls, pixels: Vector, size: tuple[int, int]) -> 'Coverage':
        """Count pixels, shape (n, 2), of an image of this width and height [px]."""
        counts, _, _ = np.histogram2d(
            pixels[:, 1], pixels[:, 0], bins=(ROWS, COLUMNS),
            range=((-0.5, size[1] - 0.5), (-0.5, size[0] - 0.5)),
        )  # fmt: skip
        return cls(counts)

    @property
    def share(self) -> float:
        """Share of the cells that hold a point."""
        return float((self.counts > 0).mean())

    @property
    def empty_regions(self) -> tuple[str, ...]:
        """Names of the ninths of the image with few covered cells, e.g. 'top left'."""
        rows, columns = np.array_split(np.arange(ROWS), 3), np.array_split(np.arange(COLUMNS), 3)
        return tuple(
            f'{_DOWN[i]} {_ACROSS[j]}'
            for i, part in enumerate(rows)
            for j, across in enumerate(columns)
            if (self.counts[np.ix_(part, across)] > 0).mean() < _SPARSE
        )
