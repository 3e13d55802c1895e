"""Intrinsics out of a CameraInfo message."""

import numpy as np
from sensor_msgs.msg import CameraInfo
from vla_calibration.lens.lens import Lens

_NO_DISTORTION = np.zeros(5)


def lens_from_msg(msg: CameraInfo) -> Lens | None:
    """Return the lens; None where the driver publishes no intrinsics (K is zero).

    Raises:
        VlaError: the distortion model is unknown, or has another number of coefficients.
    """
    K = np.array(msg.k).reshape(3, 3)
    if K[0, 0] == 0.0:
        return None
    distortion = np.array(msg.d) if len(msg.d) else _NO_DISTORTION
    return Lens(msg.width, msg.height, K, distortion, msg.distortion_model or 'plumb_bob')
