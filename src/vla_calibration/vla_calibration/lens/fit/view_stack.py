"""All views of a board as rectangular arrays, so that one numpy call treats them together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vla_calibration.board.bow import bow
from vla_calibration.board.detection import Detection
from vla_contract.values import Vector


@dataclass(frozen=True, eq=False)
class ViewStack:
    """Points of V views, N at most in each; shorter views are padded.

    Attributes:
        points: on the board, shape (V, N, 3) [m].
        pixels: in the image, shape (V, N, 2) [px].
        weight: 1 for a point, 0 for padding, shape (V, N).
        bow: how far a board that bows by 1 m along its rows, and along its columns, stands out at
            each point, shape (V, N, 2): 1 in the middle, 0 at the edge of what is seen.
    """

    points: Vector
    pixels: Vector
    weight: Vector
    bow: Vector

    @classmethod
    def of(cls, detections: Sequence[Detection]) -> 'ViewStack':
        """Stack detections; padding repeats a view's first point with weight 0."""
        most = max(len(detection) for detection in detections)
        index = [np.arange(most) * (np.arange(most) < len(d)) for d in detections]
        points = np.stack([d.points[i] for d, i in zip(detections, index, strict=True)])
        return cls(
            points,
            np.stack([d.pixels[i] for d, i in zip(detections, index, strict=True)]),
            np.stack([(np.arange(most) < len(d)).astype(float) for d in detections]),
            bow(points),
        )

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def count(self) -> int:
        """Number of points of all views."""
        return int(self.weight.sum())

    def select(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> 'ViewStack':
        """Return some of the views."""
        return ViewStack(
            self.points[which], self.pixels[which], self.weight[which], self.bow[which]
        )  # fmt: skip

    def bent(self, warp: Vector) -> 'ViewStack':
        """Return the same views of a board with this bow, shape (2,) [m], now taken as known."""
        points = self.points.copy()
        points[..., 2] += self.bow @ warp
        return ViewStack(points, self.pixels, self.weight, self.bow)

    def of_view(self, view: int) -> tuple[Vector, Vector]:
        """Return points, shape (n, 3) [m], and pixels, shape (n, 2) [px], of one view."""
        real = self.weight[view] > 0.0
        return self.points[view][real], self.pixels[view][real]

    def all_pixels(self) -> Vector:
        """Return the pixels of all views, shape (count, 2) [px]."""
        return self.pixels[self.weight > 0.0]
