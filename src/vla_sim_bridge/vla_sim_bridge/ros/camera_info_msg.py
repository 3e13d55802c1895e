"""CameraInfo of a simulated camera."""

from sensor_msgs.msg import CameraInfo
from vla_sim_bridge.placed_camera import PlacedCamera


def camera_info_msg(placed: PlacedCamera) -> CameraInfo:
    """Describe the image that the camera delivers, distortion included; unstamped."""
    camera = placed.camera
    fx, fy, cx, cy = placed.intrinsics
    msg = CameraInfo(
        width=camera.width,
        height=camera.height,
        distortion_model=placed.model,
        d=list(placed.distortion),
    )
    msg.header.frame_id = camera.frame
    msg.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
    msg.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    msg.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return msg
