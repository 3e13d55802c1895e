"""The simulator's graph and a counted rollout in it; everything ends with the last episode.

ros2 launch vla_bringup rollout.launch.py episodes:=20 randomization:=tutorial monitor:=rviz

On a real robot run `ros2 run vla_rollout rollout --operator NAME` in a terminal of its own: it
takes keys.
"""

from launch.actions import EmitEvent, ExecuteProcess, IncludeLaunchDescription
from launch.events import Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.substitutions import ExecutableInPackage
from vla_contract.ros.launch_arguments import declare, share

from launch import LaunchDescription

ARGUMENTS = {
    'episodes': ('20', 'how many'),
    'first_seed': ('0', 'seed of the first; the next ones count up'),
    'robot': ('panda_2f85', 'name or path of a contract'),
    'policy': ('panda_lift_act', 'checkpoint, as policy_path'),
    'backend': ('lerobot', 'backend of the policy server'),
    'world': ('lift_cube', 'name or path of a world'),
    'randomization': ('none', 'what every episode randomises'),
}


def generate_launch_description():
    """Start the graph of sim.launch.py, whose other arguments apply too, and the rollout."""
    options = [
        part
        for name in ARGUMENTS
        for part in (f'--{name.replace("_", "-")}', LaunchConfiguration(name))
    ]
    return LaunchDescription(
        [
            *declare(ARGUMENTS),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(share('launch', 'sim.launch.py'))
            ),
            ExecuteProcess(
                cmd=[ExecutableInPackage('rollout', 'vla_rollout'), *options],
                output='screen',
                on_exit=[EmitEvent(event=Shutdown(reason='the last episode is over'))],
            ),
        ]
    )
