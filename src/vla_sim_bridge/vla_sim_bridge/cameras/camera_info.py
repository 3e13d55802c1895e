"""Intrinsics of a simulated pinhole camera."""

import math
from typing import NamedTuple

from vla_contract.deployment.cell import Camera


class Intrinsics(NamedTuple):
    """Pinhole intrinsics without distortion [px]."""

    fx: float
    fy: float
    cx: float
    cy: float


def pinhole_intrinsics(camera: Camera, fovy_deg: float) -> Intrinsics:
    """Return the intrinsics MuJoCo renders with: square pixels, centred principal point.

    f = (H / 2) / tan(fovy / 2); with pixel centres at integers, cx = (W - 1) / 2.
    """
    focal = camera.height / 2 / math.tan(math.radians(fovy_deg) / 2)
    return Intrinsics(focal, focal, (camera.width - 1) / 2, (camera.height - 1) / 2)
