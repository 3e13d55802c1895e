"""Gazebo with an exported world, its bridge, policy server and action filter.

python -m vla_sim_bridge.export_gazebo --output runs/gazebo
ros2 launch vla_bringup gazebo.launch.py folder:=runs/gazebo policy:=panda_lift_act
"""

from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription


def share(package, *path):
    """Return the path of an installed file."""
    return PathJoinSubstitution([FindPackageShare(package), *path])


def text(argument):
    """Return a launch argument as a string parameter, whatever it looks like."""
    return ParameterValue(LaunchConfiguration(argument), value_type=str)


COMMON = {'autostart': True, 'use_sim_time': True, 'robot': text('robot')}
WORLD = PathJoinSubstitution([LaunchConfiguration('folder'), 'world.sdf'])
TOPICS = PathJoinSubstitution([LaunchConfiguration('folder'), 'bridge.yaml'])
# Of Gazebo's engines the one that couples fingers (mimic joints); no window.
OPTIONS = '-r -s --headless-rendering --physics-engine gz-physics-bullet-featherstone-plugin '


def generate_launch_description():
    """Start Gazebo, the bridge and the two nodes."""
    return LaunchDescription(
        [
            DeclareLaunchArgument('folder', description='what export_gazebo wrote'),
            DeclareLaunchArgument(
                'robot', default_value='panda_2f85', description='name or path of a contract'
            ),
            DeclareLaunchArgument(
                'policy', default_value='panda_lift_act', description='checkpoint, as policy_path'
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(share('ros_gz_sim', 'launch', 'gz_sim.launch.py')),
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
                parameters=[share('vla_bringup', 'config', 'action_filter.yaml'), COMMON],
                output='screen',
            ),
            Node(
                package='vla_policy_server',
                executable='policy_server',
                name='policy_server',
                parameters=[
                    share('vla_bringup', 'config', 'policy_server.yaml'),
                    COMMON,
                    {'policy_path': text('policy')},
                ],
                output='screen',
            ),
        ]
    )
