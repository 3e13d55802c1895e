"""Simulator, policy server and action filter: the whole loop without a robot.

ros2 launch vla_bringup sim.launch.py deployment:=panda_lift_cube headless:=true
"""

from launch.actions import EmitEvent, RegisterEventHandler
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from vla_contract.ros.launch.arguments import config, include, robot_graph, value

ARGUMENTS = {
    'deployment': ('panda_lift_cube', 'name under config/deployments, or path of a file'),
    'cell': ('', "another cell than the deployment's"),
    'task': ('', "another task than the deployment's"),
    'policy': ('', "another policy than the deployment's: checkpoint or file"),
    'backend': ('', "another than the policy's: hold, scripted, remote and others"),
    'serve': ('true', 'false starts no policy server, for others that send chunks'),
    'randomization': ('none', 'what sim/reset randomises'),
    'headless': ('true', 'false opens the MuJoCo viewer'),
    'record': ('false', 'true starts the recorder, for rollout --record'),
    'urdf': ('', "URDF or xacro of the robot for rviz, '' for none"),
    'monitor': ('none', 'rviz opens rviz2'),
    'namespace': ('', 'of nodes, topics and clock; two robots on a domain need two'),
}
COMMON = {
    'autostart': True,
    'use_sim_time': True,
    'deployment': value('deployment'),
    'cell': value('cell'),
}


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
    policy = {'policy_path': value('policy'), 'task': value('task')}
    return robot_graph(
        ARGUMENTS,
        [
            node(
                'vla_sim_bridge',
                'mujoco_bridge',
                {
                    **policy,
                    'randomization': value('randomization'),
                    'headless': value('headless', bool),
                },
            ),
            node(
                'vla_action_filter',
                'action_filter',
                {'simulated': True, 'arming_s': 0.0, 'ramp_grippers': False},
            ),
            node(
                'vla_policy_server',
                'policy_server',
                {**policy, 'backend': value('backend')},
                condition=IfCondition(LaunchConfiguration('serve')),
            ),
            node('vla_rollout', 'recorder', condition=IfCondition(LaunchConfiguration('record'))),
            include('scene', use_sim_time='true', transforms='false'),
            RegisterEventHandler(OnProcessExit(on_exit=[EmitEvent(event=Shutdown())])),
        ],
    )
