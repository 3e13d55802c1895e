"""Simulator, policy server and action filter: the whole loop without a robot.

ros2 launch vla_bringup sim.launch.py robot:=panda_2f85 policy:=panda_lift_act headless:=true
"""

from launch.actions import DeclareLaunchArgument, EmitEvent, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription


def config(name):
    """Return the path of a parameter file of this workspace."""
    return PathJoinSubstitution([FindPackageShare('vla_bringup'), 'config', name])


def text(argument):
    """Return a launch argument as a string parameter, whatever it looks like."""
    return ParameterValue(LaunchConfiguration(argument), value_type=str)


COMMON = {'autostart': True, 'use_sim_time': True, 'robot': text('robot')}


def generate_launch_description():
    """Start the three nodes; when one ends, all end."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'robot', default_value='panda_2f85', description='name or path of a contract'
            ),
            DeclareLaunchArgument(
                'policy', default_value='panda_lift_act', description='checkpoint, as policy_path'
            ),
            DeclareLaunchArgument(
                'world', default_value='lift_cube', description='name or path of a world'
            ),
            DeclareLaunchArgument(
                'randomization', default_value='none', description='what sim/reset randomises'
            ),
            DeclareLaunchArgument(
                'headless', default_value='true', description='false opens the MuJoCo viewer'
            ),
            Node(
                package='vla_sim_bridge',
                executable='mujoco_bridge',
                name='mujoco_bridge',
                parameters=[
                    config('mujoco_bridge.yaml'),
                    COMMON,
                    {
                        'world': text('world'),
                        'randomization': text('randomization'),
                        'headless': ParameterValue(
                            LaunchConfiguration('headless'), value_type=bool
                        ),
                    },
                ],
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
                parameters=[config('policy_server.yaml'), COMMON, {'policy_path': text('policy')}],
                output='screen',
            ),
            RegisterEventHandler(OnProcessExit(on_exit=[EmitEvent(event=Shutdown())])),
        ]
    )
