"""Takes calibration samples: on the robot, or with simulate:=true in the simulator.

ros2 launch vla_bringup calibrate.launch.py cell:=panda_table setup:=eye-in-hand square_mm:=25.0
ros2 launch vla_bringup calibrate.launch.py deployment:=calibrate_in_hand simulate:=true
"""

from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from vla_calibration.export.ros.camera_transforms import camera_transforms
from vla_contract.ros.launch.arguments import config, robot_graph, value

ARGUMENTS = {
    'deployment': ('panda_lift_cube', 'name under config/deployments, or path of a file'),
    'cell': ('', "another cell than the deployment's"),
    'camera': ('', "camera of the cell, '' for its first"),
    'setup': ('eye-in-hand', 'eye-in-hand, eye-to-hand or intrinsics'),
    'board_size': ('9x6', 'points per row x per column'),
    'square_mm': ('25.0', 'distance between points, measured on the print [mm]'),
    'output': ('', 'folder of samples'),
    'poses': ('', 'YAML list of joint poses that capture/drive goes through'),
    'simulate': ('false', 'true starts the simulator, with the task of the deployment'),
    'transforms': ('false', 'true publishes the poses of calibrated cameras'),
    'namespace': ('', 'of nodes, topics and clock; two robots on a domain need two'),
}
IN_SIMULATOR = LaunchConfiguration('simulate')


def parameters(*names, kind=str):
    """Return launch arguments as parameters of the same names."""
    return {name: value(name, kind) for name in names}


COMMON = {
    'autostart': True,
    'use_sim_time': value('simulate', bool),
    **parameters('deployment', 'cell'),
}


def generate_launch_description():
    """Start the capture node and the filter that drives for it; the simulator if asked for."""
    return robot_graph(
        ARGUMENTS,
        [
            Node(
                package='vla_sim_bridge',
                executable='mujoco_bridge',
                parameters=[config('mujoco_bridge.yaml'), COMMON],
                condition=IfCondition(IN_SIMULATOR),
                output='screen',
            ),
            Node(
                package='vla_action_filter',
                executable='action_filter',
                parameters=[config('action_filter.yaml'), COMMON],
                output='screen',
            ),
            Node(
                package='vla_calibration',
                executable='capture',
                parameters=[
                    config('capture.yaml'),
                    COMMON,
                    parameters('camera', 'setup', 'board_size', 'output', 'poses'),
                    parameters('square_mm', kind=float),
                ],
                output='screen',
            ),
            camera_transforms(condition=IfCondition(LaunchConfiguration('transforms'))),
        ],
    )
