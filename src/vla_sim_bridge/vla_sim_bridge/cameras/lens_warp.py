"""Turn what a pinhole draws into what a lens with distortion sees.

MuJoCo draws pinholes only. So a wider pinhole of the same focal length is drawn, and every pixel
of the lens looks up where its ray meets that picture.
"""

import cv2
import numpy as np
from vla_contract.cameras.calibration import LensCalibration
from vla_contract.errors import SimError
from vla_contract.values import Image, Vector
from vla_sim_bridge.cameras.camera_info import Intrinsics

# A pinhole needs 11 times the width of a quarter-sphere for 80 degrees: nothing wider is drawn.
_WIDEST_RAD = np.radians(80.0)
# Rays that the iteration does not find to this are beyond where the model turns back [px].
_FOUND_PX = 0.05
_LARGEST_SHARE_LOST = 0.2


class LensWarp:
    """The map from a drawn pinhole image to the image of a lens.

    Attributes:
        size: width and height of the pinhole image to draw [px].
        intrinsics: of that pinhole.
    """

    def __init__(self, lens: LensCalibration) -> None:
        """Compute the map.

        Raises:
            SimError: the lens sees too wide an angle for a pinhole, or its model turns back
                inside the image.
        """
        columns, rows = np.meshgrid(np.arange(lens.width), np.arange(lens.height))
        pixels = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)
        ideal = _ideal(pixels, lens)
        seen = np.hypot(*ideal.T) < np.tan(_WIDEST_RAD)
        seen &= np.hypot(*(project(ideal, lens) - pixels).T) < _FOUND_PX
        if seen.mean() < 1.0 - _LARGEST_SHARE_LOST:
            raise SimError(
                f'lens {lens.model}: {1.0 - seen.mean():.0%} of its pixels see more than 80 deg '
                'off the axis, or lie where the model turns back; the simulator allows 20 %'
            )
        scaled = ideal * [lens.fx, lens.fy]
        low, high = np.floor(scaled[seen].min(axis=0)) - 1.0, np.ceil(scaled[seen].max(axis=0))
        width, height = (high - low).astype(int) + 2
        self.size = (int(width), int(height))
        self.intrinsics = Intrinsics(lens.fx, lens.fy, float(-low[0]), float(-low[1]))
        at = np.where(seen[:, None], scaled - low, -1.0).astype(np.float32)
        self._map = at.reshape(lens.height, lens.width, 2)

    def apply(self, drawn: Image) -> Image:
        """Return what the lens sees, shape (H, W, ...); black where it sees nothing drawn."""
        return np.asarray(cv2.remap(drawn, self._map, None, cv2.INTER_LINEAR), dtype=np.uint8)


def _ideal(pixels: Vector, lens: LensCalibration) -> Vector:
    """Return x/z, y/z of pixels, shape (N, 2)."""
    points, distortion = pixels.reshape(-1, 1, 2), np.array(lens.distortion)
    if lens.model == 'equidistant':
        ideal = cv2.fisheye.undistortPoints(points, lens.K, distortion)
    else:
        stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-10)
        ideal = cv2.undistortPointsIter(points, lens.K, distortion, np.eye(3), np.eye(3), stop)
    return np.asarray(ideal.reshape(-1, 2), dtype=np.float64)


def project(ideal: Vector, lens: LensCalibration) -> Vector:
    """Return the pixels at which a lens sees x/z, y/z, shape (N, 2)."""
    still, distortion = np.zeros(3), np.array(lens.distortion)
    points = np.column_stack([ideal, np.ones(len(ideal))]).reshape(-1, 1, 3)
    project = cv2.fisheye.projectPoints if lens.model == 'equidistant' else cv2.projectPoints
    pixels, _ = project(points, still, still, lens.K, distortion)
    return np.asarray(pixels.reshape(-1, 2), dtype=np.float64)
