"""What camera_info and pose say of a camera: how it was placed, or how this episode draws it.

A real camera is described by its calibration, whatever happened to it since: that is `nominal`.
`true` describes what is drawn, as a perfect calibration made in this episode would. The error of
a hand-eye calibration comes on top of either.
"""

from dataclasses import replace

import cv2
from vla_contract.errors import SimError
from vla_contract.transforms import make_transform
from vla_contract.values import Vector
from vla_sim_bridge.cameras.camera_info import Intrinsics
from vla_sim_bridge.cameras.placed_camera import PlacedCamera
from vla_sim_bridge.randomization.appearance import Appearance
from vla_sim_bridge.randomization.camera_shift import CameraShift

NOMINAL, TRUE = 'nominal', 'true'
# With which power of the zoom a coefficient grows when the picture behind a lens is zoomed, in
# OpenCV's order: one of r^2k with 2k, a tangential one with 1.
_POWERS = {
    'plumb_bob': (2, 4, 1, 1, 6),
    'rational_polynomial': (2, 4, 1, 1, 6, 2, 4, 6),
}


def published_cameras(
    cameras: dict[str, PlacedCamera], appearance: Appearance, which: str
) -> dict[str, PlacedCamera]:
    """Return the cameras as they are to be described in an episode.

    Args:
        cameras: by name, as they were placed, in the cell's order.
        appearance: of the episode.
        which: NOMINAL or TRUE.

    Raises:
        SimError: no model of CameraInfo describes what is drawn.
    """
    described = {}
    for (name, placed), shift in zip(cameras.items(), appearance.cameras, strict=True):
        camera = placed if which == NOMINAL else _drawn(placed, shift, appearance.image.distortion)
        T = _mistaken(camera.T_parent_camera, shift.hand_eye)
        described[name] = replace(camera, T_parent_camera=T)
    return described


def _drawn(placed: PlacedCamera, shift: CameraShift, k1: float) -> PlacedCamera:
    fx, fy, cx, cy = placed.intrinsics
    intrinsics = Intrinsics(fx * shift.zoom, fy * shift.zoom, cx, cy)
    if k1 == 0.0:
        distortion = _zoomed(placed, shift.zoom)
    elif placed.fovy_deg is None:
        raise SimError(
            f'camera {placed.camera.name} stands as calibrated and has lens_distortion too: no '
            'camera_info describes both; publish nominal cameras, or leave that term out'
        )
    else:
        # The term counts r in image heights, camera_info in focal lengths.
        distortion = (k1 * (intrinsics.fx / placed.camera.height) ** 2, 0.0, 0.0, 0.0, 0.0)
    T = placed.T_parent_camera @ shift.T_placed_drawn
    return replace(placed, intrinsics=intrinsics, distortion=distortion, T_parent_camera=T)


def _zoomed(placed: PlacedCamera, zoom: float) -> tuple[float, ...]:
    """Return the coefficients that bend the zoomed picture as they bent the one before."""
    if zoom == 1.0 or not any(placed.distortion):
        return placed.distortion
    if placed.model not in _POWERS:
        raise SimError(
            f'camera {placed.camera.name} has the lens model {placed.model} and camera_fov too: '
            'no camera_info describes both; publish nominal cameras, or leave that term out'
        )
    powers = _POWERS[placed.model]
    return tuple(k * zoom**p for k, p in zip(placed.distortion, powers, strict=False))


def _mistaken(T_parent_camera: Vector, error: Vector) -> Vector:
    turn, _ = cv2.Rodrigues(error[3:])
    return make_transform(T_parent_camera[:3, 3] + error[:3], T_parent_camera[:3, :3] @ turn)
