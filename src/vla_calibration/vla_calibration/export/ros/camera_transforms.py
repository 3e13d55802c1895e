"""For launch files: the poses of calibrated cameras as static transforms."""

from typing import Any

from launch.actions import OpaqueFunction
from launch_ros.actions import Node
from vla_calibration.export.to_ros import static_transform_arguments
from vla_contract.cameras.calibration_file import find_calibration, load_calibration
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.errors import UnknownNameError


def camera_transforms(**options: Any) -> OpaqueFunction:
    """Return what publishes where the calibrated cameras of a cell are, with tf2_ros.

    The launch arguments `deployment` and `cell` name it.

    Args:
        options: of any launch action, e.g. a condition.
    """
    return OpaqueFunction(function=_publishers, **options)


def _publishers(context: Any) -> list[Node]:
    """Return one publisher for each camera that has an accepted calibration."""
    given = context.launch_configurations
    cell = load_cell_of(given['deployment'], given['cell'])
    nodes = []
    for camera in cell.cameras:
        try:
            calibration = load_calibration(find_calibration(cell.name, camera.name))
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
