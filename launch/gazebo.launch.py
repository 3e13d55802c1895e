"""Gazebo with an exported scene, its bridge, policy server and action filter.

vla sim export-gazebo --output runs/gazebo
ros2 launch vla_bringup gazebo.launch.py folder:=runs/gazebo deployment:=panda_lift_cube
"""

from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare
from vla_contract.ros.launch.arguments import config, include, robot_graph, value

ARGUMENTS = {
    'folder': ('runs/gazebo', 'what export_gazebo wrote'),
    'deployment': ('panda_lift_cube', 'name under config/deployments, or path of a file'),
    'cell': ('', "another cell than the deployment's"),
    'task': ('', "another task than the deployment's"),
    'policy': ('', "another policy than the deployment's: checkpoint or file"),
    'backend': ('', "another than the policy's: hold, scripted, remote and others"),
    'urdf': ('', "URDF or xacro of the robot for rviz, '' for none"),
    'monitor': ('none', 'rviz opens rviz2'),
    'namespace': ('', 'of nodes, topics and clock; two robots on a domain need two'),
}
COMMON = {'autostart': True, 'use_sim_time': True, 'deployment': value('deployment'),
          'cell': value('cell')}  # fmt: skip
POLICY = {'policy_path': value('policy'), 'task': value('task'), 'backend': value('backend')}
GAZEBO = PathJoinSubstitution([FindPackageShare('ros_gz_sim'), 'launch', 'gz_sim.launch.py'])
WORLD = PathJoinSubstitution([LaunchConfiguration('folder'), 'world.sdf'])
TOPICS = PathJoinSubstitution([LaunchConfiguration('folder'), 'bridge.yaml'])
# Of Gazebo's engines the one that couples fingers (mimic joints); no window.
OPTIONS = '-r -s --headless-rendering --physics-engine gz-physics-bullet-featherstone-plugin '


def generate_launch_description():
    """Start Gazebo, the bridge and the two nodes."""
    return robot_graph(
        ARGUMENTS,
        [
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(GAZEBO),
                launch_arguments={'gz_args': [OPTIONS, WORLD], 'on_exit_shutdown': 'true'}.items(),
            ),
            Node(
                package='ros_gz_bridge',
                executable='parameter_bridge',
                name='gazebo_bridge',
                parameters=[{'config_file': TOPICS, 'use_sim_time': True}],
                output='screen',
            ),
            Node(
                package='vla_action_filter',
                executable='action_filter',
                name='action_filter',
                parameters=[config('action_filter.yaml'), COMMON],
                output='screen',
            ),
            Node(
                package='vla_policy_server',
                executable='policy_server',
                name='policy_server',
                parameters=[config('policy_server.yaml'), COMMON, POLICY],
                output='screen',
            ),
            include('scene', use_sim_time='true', transforms='false'),
        ],
    )
