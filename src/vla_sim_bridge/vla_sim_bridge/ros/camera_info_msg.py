"""CameraInfo and pose of a simulated camera."""

from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import CameraInfo
from vla_sim_bridge.cameras.placed_camera import PlacedCamera


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


def camera_pose_msg(placed: PlacedCamera) -> PoseStamped:
    """Give the pose of the optical frame in the frame that carries the camera; unstamped."""
    msg = PoseStamped()
    msg.header.frame_id = placed.parent
    position, orientation = msg.pose.position, msg.pose.orientation
    position.x, position.y, position.z = placed.T_parent_camera[:3, 3].tolist()
    orientation.x, orientation.y, orientation.z, orientation.w = placed.quaternion_xyzw.tolist()
    return msg
