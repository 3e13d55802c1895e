"""For launch files: the poses of calibrated cameras as static transforms."""

from typing import Any

from launch.actions import OpaqueFunction
from launch_ros.actions import Node
from vla_calibration.export.to_ros import static_transform_arguments
from vla_contract.cameras.calibration_file import find_calibration, load_calibration
from vla_contract.contract import load_contract
from vla_contract.errors import UnknownNameError


def camera_transforms(argument: str = 'robot', **options: Any) -> OpaqueFunction:
    """Return what publishes where the calibrated cameras of a robot are, with tf2_ros.

    Args:
        argument: name of the launch argument that names the robot contract.
        options: of any launch action, e.g. a condition.
    """
    return OpaqueFunction(function=_publishers, args=[argument], **options)


def _publishers(context: Any, argument: str) -> list[Node]:
    """Return one publisher for each camera that has an accepted calibration."""
    contract = load_contract(context.launch_configurations[argument])
    nodes = []
    for camera in contract.cameras:
        try:
            calibration = load_calibration(find_calibration(contract.name, camera.name))
        except UnknownNameError:
            continue
        if calibration.accepted:
            nodes.append(
                Node(
                    package='tf2_ros',
                    executable='static_transform_publisher',
                    name=f'{camera.name}_transform',
                    arguments=static_transform_arguments(calibration),
                )
            )
    return nodes
