"""A person's device for the graph of a robot that runs already: leader arm, gamepad, phone.

Keys of a terminal want the terminal: ros2 run vla_teleop teleop_node --ros-args
-p device:=keyboard -p autostart:=true. The action filter has to let people command:
`ros2 service call /action_filter/take_over std_srvs/srv/Trigger`, or its parameter source:=human.

ros2 launch vla_bringup teleop.launch.py deployment:=my_deployment device:=my_leader.yaml
"""

from launch_ros.actions import Node
from vla_contract.ros.launch.arguments import robot_graph, value

ARGUMENTS = {
    'deployment': ('panda_lift_cube', 'name under config/deployments, or path of a file'),
    'cell': ('', "another cell than the deployment's"),
    'device': ('gamepad', 'name under config/teleoperators, or path of a file'),
    'lead_leader': ('false', 'the motors of a leader bring it to the arm after a takeover'),
    'namespace': ('', 'of nodes, topics and clock; two robots on a domain need two'),
}


def generate_launch_description():
    """Start the device."""
    return robot_graph(
        ARGUMENTS,
        [
            Node(
                package='vla_teleop',
                executable='teleop_node',
                name='teleop',
                parameters=[
                    {name: value(name) for name in ('deployment', 'cell', 'device')},
                    {'autostart': True, 'lead_leader': value('lead_leader', bool)},
                ],
                output='screen',
            ),
        ],
    )
