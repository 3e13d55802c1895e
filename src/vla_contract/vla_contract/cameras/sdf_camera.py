"""A camera as SDF (Gazebo) describes it."""

from xml.etree.ElementTree import Element, SubElement

import numpy as np
from numpy.typing import NDArray

# Gazebo's Brown model; SDF has no place for the others.
SDF_COEFFICIENTS = ('k1', 'k2', 'p1', 'p2', 'k3')


def add_sdf_camera(
    sensor: Element,
    frame: str,
    size: tuple[int, int],
    K: NDArray[np.float64],
    distortion: NDArray[np.float64],
) -> Element:
    """Add lens and image to a sensor, which looks along x of its own frame (gz-sensors).

    Its projection spans 0 to the width in pixels, so that the centre of the first pixel is at
    0.5: cx and cy are half a pixel more than those of OpenCV and ROS.

    Args:
        sensor: the SDF sensor.
        frame: optical frame, z forward.
        size: width and height [px].
        K: camera matrix, shape (3, 3) [px].
        distortion: plumb_bob coefficients, shape (5,); zeros for none.

    Returns:
        The camera element.
    """
    camera = SubElement(sensor, 'camera')
    _add(camera, 'optical_frame_id', frame)
    _add(camera, 'horizontal_fov', repr(float(2.0 * np.arctan(size[0] / 2.0 / K[0, 0]))))
    image = SubElement(camera, 'image')
    for name, text in (('width', str(size[0])), ('height', str(size[1])), ('format', 'R8G8B8')):
        _add(image, name, text)
    clip = SubElement(camera, 'clip')
    _add(clip, 'near', '0.01')
    _add(clip, 'far', '100')
    if np.any(distortion):
        element = SubElement(camera, 'distortion')
        for name, value in zip(SDF_COEFFICIENTS, distortion.tolist(), strict=False):
            _add(element, name, repr(value))
        _add(element, 'center', '0.5 0.5')
    intrinsics = SubElement(SubElement(camera, 'lens'), 'intrinsics')
    (fx, _, cx), (_, fy, cy), _ = K.tolist()
    for name, value in (('fx', fx), ('fy', fy), ('cx', cx + 0.5), ('cy', cy + 0.5), ('s', 0.0)):
        _add(intrinsics, name, repr(value))
    return camera


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
