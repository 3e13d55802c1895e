"""Filter, policy server and supervisor beside a robot whose drivers run already.

Nothing moves after this: all nodes are inactive, the speed is 10 %, and the filter is locked.

ros2 launch vla_bringup real_robot.launch.py deployment:=my_deployment
ros2 service call /supervisor/check std_srvs/srv/Trigger    # the filter alone, for preflight
vla rollout preflight --deployment my_deployment --json preflight.json
ros2 service call /supervisor/release std_srvs/srv/Trigger  # refused until preflight passed
"""

from launch.actions import EmitEvent
from launch.conditions import IfCondition
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration, PythonExpression
from launch_ros.actions import Node, SetRemap
from vla_contract.ros.launch.arguments import config, include, robot_graph, value

ARGUMENTS = {
    'deployment': ('panda_lift_cube', 'name under config/deployments, or path of a file'),
    'cell': ('', "another cell than the deployment's"),
    'task': ('', "another task than the deployment's"),
    'policy': ('', "another policy than the deployment's: checkpoint or file"),
    'backend': ('', "another than the policy's; hold for the first time"),
    'policy_host': ('', "config/remotes name, YAML or ws://host:port of a worker, '' for none"),
    'device': ('cpu', 'torch device of a policy that is computed here'),
    'camera': ('camera/color', 'topics of the camera driver, without /image_raw'),
    'controller': ('joint_trajectory_controller', 'name of the ros2_control controller'),
    'command_interface': ('trajectory', 'of the controller; forward for forward_command'),
    'preflight': ('preflight.json', 'what preflight --json wrote'),
    'record': ('false', 'true starts the recorder, for rollout --record'),
    'urdf': ('', "URDF or xacro, '' where the driver publishes the robot's model"),
    'monitor': ('none', 'rviz opens rviz2'),
    'namespace': ('', 'of nodes, topics and clock; two robots on a domain need two'),
}
HOST = LaunchConfiguration('policy_host')
BACKEND = PythonExpression(
    ["'remote' if '", HOST, "' else '", LaunchConfiguration('backend'), "'"]
)
COMMON = {'deployment': value('deployment'), 'cell': value('cell'), 'use_sim_time': False}
NAMES = (('camera/color/', 'camera', ('image_raw', 'image_raw/compressed', 'camera_info')),
         ('joint_trajectory_controller/', 'controller', ('joint_trajectory', 'get_parameters')),
         ('forward_position_controller/', 'controller', ('commands', 'get_parameters')),
)  # fmt: skip


def node(package, executable, *parameters, **options):
    """Return a node of this workspace with its parameter file and what is the same for all."""
    files = [config(f'{executable}.yaml'), COMMON, *parameters]
    return Node(package=package, executable=executable, name=executable, output='screen',
                parameters=files, **options)  # fmt: skip


def generate_launch_description():
    """Start the nodes; the filter brakes the arm before it ends, and ends the others with it."""
    return robot_graph(
        ARGUMENTS,
        [
            *(
                SetRemap(f'{ours}{end}', [LaunchConfiguration(theirs), f'/{end}'])
                for ours, theirs, ends in NAMES
                for end in ends
            ),
            node('vla_action_filter', 'action_filter',
                 {'locked': True, 'require_watch': True, 'first_speed': 0.1,
                  'command_interface': value('command_interface')},
                 on_exit=[EmitEvent(event=Shutdown(reason='the filter ended'))]),
            node('vla_policy_server', 'policy_server',
                 {'backend': value(BACKEND), 'policy_path': value('policy'),
                  'policy_source': value('policy_host'), 'task': value('task'),
                  'device': value('device')}),
            node('vla_rollout', 'supervisor',
                 {'autostart': True, 'preflight': value('preflight')}),
            node('vla_rollout', 'recorder', {'autostart': True},
                 condition=IfCondition(LaunchConfiguration('record'))),
            include('scene'),
        ],
    )  # fmt: skip
