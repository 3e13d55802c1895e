"""Simulator, policy server and action filter: the whole loop without a robot.

ros2 launch vla_bringup sim.launch.py robot:=panda_2f85 policy:=panda_lift_act headless:=true
"""

from launch.actions import DeclareLaunchArgument, EmitEvent, RegisterEventHandler
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription

ARGUMENTS = {
    'robot': ('panda_2f85', 'name or path of a contract'),
    'policy': ('panda_lift_act', 'checkpoint, as policy_path'),
    'world': ('lift_cube', 'name or path of a world'),
    'randomization': ('none', 'what sim/reset randomises'),
    'headless': ('true', 'false opens the MuJoCo viewer'),
    'record': ('false', 'true starts the recorder, for rollout --record'),
}


def config(name):
    """Return the path of a parameter file of this workspace."""
    return PathJoinSubstitution([FindPackageShare('vla_bringup'), 'config', name])


def value(argument, kind=str):
    """Return a launch argument as a parameter of a type, whatever it looks like."""
    return ParameterValue(LaunchConfiguration(argument), value_type=kind)


COMMON = {'autostart': True, 'use_sim_time': True, 'robot': value('robot')}
WORLD = {key: value(key) for key in ('world', 'randomization')}


def generate_launch_description():
    """Start the nodes; when one ends, all end."""
    return LaunchDescription(
        [
            *[
                DeclareLaunchArgument(name, default_value=default, description=text)
                for name, (default, text) in ARGUMENTS.items()
            ],
            Node(
                package='vla_sim_bridge',
                executable='mujoco_bridge',
                name='mujoco_bridge',
                output='screen',
                parameters=[
                    config('mujoco_bridge.yaml'),
                    {**COMMON, **WORLD, 'headless': value('headless', bool)},
                ],
            ),
            Node(
                package='vla_action_filter',
                executable='action_filter',
                name='action_filter',
                output='screen',
                parameters=[config('action_filter.yaml'), COMMON],
            ),
            Node(
                package='vla_policy_server',
                executable='policy_server',
                name='policy_server',
                output='screen',
                parameters=[
                    config('policy_server.yaml'),
                    COMMON,
                    {'policy_path': value('policy')},
                ],
            ),
            Node(
                package='vla_rollout',
                executable='recorder',
                name='recorder',
                output='screen',
                parameters=[config('recorder.yaml'), COMMON],
                condition=IfCondition(LaunchConfiguration('record')),
            ),
            RegisterEventHandler(OnProcessExit(on_exit=[EmitEvent(event=Shutdown())])),
        ]
    )
