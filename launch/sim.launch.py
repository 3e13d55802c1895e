"""Simulator, policy server and action filter: the whole loop without a robot.

ros2 launch vla_bringup sim.launch.py robot:=panda_2f85 policy:=panda_lift_act headless:=true
"""

from launch.actions import EmitEvent, RegisterEventHandler
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from vla_contract.ros.launch.arguments import config, include, robot_graph, value

ARGUMENTS = {
    'robot': ('panda_2f85', 'name or path of a contract'),
    'policy': ('panda_lift_act', 'checkpoint, as policy_path'),
    'backend': ('lerobot', 'backend of the policy server'),
    'world': ('lift_cube', 'name or path of a world'),
    'randomization': ('none', 'what sim/reset randomises'),
    'headless': ('true', 'false opens the MuJoCo viewer'),
    'record': ('false', 'true starts the recorder, for rollout --record'),
    'urdf': ('', "URDF or xacro of the robot for rviz, '' for none"),
    'monitor': ('none', 'rviz opens rviz2'),
    'namespace': ('', 'of nodes, topics and clock; two robots on a domain need two'),
}
COMMON = {'autostart': True, 'use_sim_time': True, 'robot': value('robot')}


def node(package, executable, parameters=None, **options):
    """Return a node of this workspace with its parameter file and what is the same for all."""
    files = [config(f'{executable}.yaml'), COMMON, *([parameters] if parameters else [])]
    return Node(
        package=package,
        executable=executable,
        name=executable,
        output='screen',
        parameters=files,
        **options,
    )


def generate_launch_description():
    """Start the nodes; when one ends, all end."""
    world = {name: value(name) for name in ('world', 'randomization')}
    policy = {'policy_path': value('policy'), 'backend': value('backend')}
    return robot_graph(
        ARGUMENTS,
        [
            node(
                'vla_sim_bridge', 'mujoco_bridge', {**world, 'headless': value('headless', bool)}
            ),
            node('vla_action_filter', 'action_filter', {'arming_s': 0.0, 'ramp_grippers': False}),
            node('vla_policy_server', 'policy_server', policy),
            node('vla_rollout', 'recorder', condition=IfCondition(LaunchConfiguration('record'))),
            include('scene', use_sim_time='true', transforms='false'),
            RegisterEventHandler(OnProcessExit(on_exit=[EmitEvent(event=Shutdown())])),
        ],
    )
