"""What rviz needs to draw a robot: camera poses, the robot's model, and rviz itself.

ros2 launch vla_bringup scene.launch.py cell:=panda_table urdf:=my_arm.urdf.xacro monitor:=rviz
"""

from launch.conditions import IfCondition
from launch.substitutions import (
    Command,
    EqualsSubstitution,
    LaunchConfiguration,
    NotEqualsSubstitution,
)
from launch_ros.actions import Node
from vla_calibration.export.ros.camera_transforms import camera_transforms
from vla_contract.ros.launch.arguments import config, robot_graph, value

ARGUMENTS = {
    'deployment': ('panda_lift_cube', 'name under config/deployments, or path of a file'),
    'cell': ('', "another cell than the deployment's"),
    'urdf': ('', "URDF or xacro of the robot, '' where its driver publishes its own model"),
    'monitor': ('none', 'rviz opens rviz2'),
    'use_sim_time': ('false', 'true where a simulator publishes /clock'),
    'transforms': ('true', 'false leaves the poses of calibrated cameras to others'),
    'namespace': ('', 'of nodes, topics and clock; two robots on a domain need two'),
}
# rviz looks for them in the root namespace, whatever its own is.
SHOWN = ('robot_description', 'joint_states', 'rollout_markers', 'camera/color/camera_info',
         'camera/color/image_raw', 'sim/target_pose')  # fmt: skip
SIM_TIME = {'use_sim_time': value('use_sim_time', bool)}


def generate_launch_description():
    """Start what was asked for."""
    return robot_graph(
        ARGUMENTS,
        [
            camera_transforms(condition=IfCondition(LaunchConfiguration('transforms'))),
            Node(
                package='robot_state_publisher',
                executable='robot_state_publisher',
                parameters=[
                    {'robot_description': value(Command(['xacro ', LaunchConfiguration('urdf')]))},
                    SIM_TIME,
                ],
                condition=IfCondition(NotEqualsSubstitution(LaunchConfiguration('urdf'), '')),
            ),
            Node(
                package='rviz2',
                executable='rviz2',
                arguments=['-d', config('rviz/rollout.rviz')],
                parameters=[SIM_TIME],
                remappings=[(f'/{topic}', topic) for topic in SHOWN],
                condition=IfCondition(EqualsSubstitution(LaunchConfiguration('monitor'), 'rviz')),
            ),
        ],
    )
