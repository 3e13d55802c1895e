"""A LeRobot robot as the driver of an arm: joint states, commands, images of its cameras.

The arm holds from now on, also after the end; `ros2 service call /lerobot_robot/release
std_srvs/srv/SetBool "{data: true}"` takes the torque, and the arm falls: hold it first.

ros2 launch vla_bringup lerobot_robot.launch.py deployment:=my_deployment driver:=my_so101.yaml
"""

from launch_ros.actions import Node
from vla_contract.ros.launch.arguments import robot_graph, value

ARGUMENTS = {
    'deployment': ('panda_lift_cube', 'name under config/deployments, or path of a file'),
    'cell': ('', "another cell than the deployment's"),
    'driver': ('so101', 'name under config/lerobot_robots, or path of a file'),
    'command_interface': ('trajectory', 'of a robot whose file names no channels; or forward'),
    'rate_hz': ('50.0', 'how often joints are read and commanded [Hz]'),
    'namespace': ('', 'of nodes, topics and clock; two robots on a domain need two'),
}


def generate_launch_description():
    """Start the driver."""
    return robot_graph(
        ARGUMENTS,
        [
            Node(
                package='vla_lerobot',
                executable='lerobot_robot',
                name='lerobot_robot',
                parameters=[
                    {name: value(name) for name in ('deployment', 'cell', 'driver')},
                    {
                        'autostart': True,
                        'command_interface': value('command_interface'),
                        'rate_hz': value('rate_hz', float),
                    },
                ],
                output='screen',
            ),
        ],
    )
