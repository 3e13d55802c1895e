"""The driver of a camera, with the settings that a policy wants.

ros2 launch vla_bringup camera.launch.py driver:=realsense2_camera
ros2 launch vla_bringup camera.launch.py driver:=usb_cam
"""

from launch.conditions import IfCondition
from launch.substitutions import EqualsSubstitution, LaunchConfiguration
from launch_ros.actions import Node
from vla_contract.ros.launch.arguments import config, robot_graph

ARGUMENTS = {
    'driver': ('usb_cam', 'realsense2_camera or usb_cam'),
    'namespace': ('', 'of nodes, topics and clock; two robots on a domain need two'),
}
# Executable and namespace of each driver; the namespaces give the topics camera/color/image_raw
# and camera/camera/color/image_raw, the camera argument of real_robot.launch.py.
DRIVERS = {
    'realsense2_camera': ('realsense2_camera_node', 'camera'),
    'usb_cam': ('usb_cam_node_exe', 'camera/color'),
}


def generate_launch_description():
    """Start the driver."""
    return robot_graph(
        ARGUMENTS,
        [
            *(
                Node(
                    package=driver,
                    executable=executable,
                    name='camera',
                    namespace=namespace,
                    parameters=[config(f'cameras/{driver}.yaml')],
                    output='screen',
                    condition=IfCondition(
                        EqualsSubstitution(LaunchConfiguration('driver'), driver)
                    ),
                )
                for driver, (executable, namespace) in DRIVERS.items()
            ),
        ],
    )
