"""The simulator's graph and a counted rollout in it; everything ends with the last episode.

ros2 launch vla_bringup rollout.launch.py episodes:=20 randomization:=tutorial monitor:=rviz

On a real robot run `vla rollout run --operator NAME` in a terminal of its own: it
takes keys.
"""

from launch.actions import EmitEvent, ExecuteProcess
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.substitutions import ExecutableInPackage
from vla_contract.ros.launch.arguments import include, robot_graph

ARGUMENTS = {
    'episodes': ('20', 'how many'),
    'first_seed': ('0', 'seed of the first; the next ones count up'),
    'deployment': ('panda_lift_cube', 'name under config/deployments, or path of a file'),
    'cell': ('', "another cell than the deployment's"),
    'task': ('', "another task than the deployment's"),
    'policy': ('', "another policy than the deployment's: checkpoint or file"),
    'backend': ('', "another than the policy's: hold, scripted, remote and others"),
    'randomization': ('none', 'what every episode randomises'),
    'namespace': ('', 'of nodes, topics and clock; two robots on a domain need two'),
}


def generate_launch_description():
    """Start the graph of sim.launch.py, whose other arguments apply too, and the rollout."""
    # Of what stands around: it is that of the argument, or of a group that includes this file.
    values = {name: LaunchConfiguration(name) for name in ARGUMENTS}
    values['namespace'] = LaunchConfiguration('ros_namespace')
    options = [
        part for name, value in values.items() for part in (f'--{name.replace("_", "-")}', value)
    ]
    return robot_graph(
        ARGUMENTS,
        [
            include('sim'),
            ExecuteProcess(
                cmd=[ExecutableInPackage('rollout', 'vla_rollout'), *options],
                output='screen',
                on_exit=[EmitEvent(event=Shutdown(reason='the last episode is over'))],
            ),
        ],
    )
