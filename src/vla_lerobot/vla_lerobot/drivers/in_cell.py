"""What a driver file and a cell say together: joints, cameras, and how far a first step may go."""

from collections.abc import Sequence

import numpy as np
from vla_contract.deployment.cell import Camera, Cell
from vla_contract.deployment.robot import Joint
from vla_contract.errors import SettingError, UnknownNameError
from vla_contract.values import Vector
from vla_lerobot.drivers.driver_file import DriverFile


def driven_joints(file: DriverFile, cell: Cell) -> tuple[Joint, ...]:
    """Return the joints that the file's motors move, in the order of the robot's file.

    Raises:
        UnknownNameError: the robot has no such joint.
    """
    for name in file.joints:
        if name not in cell.joint_names:
            raise UnknownNameError('joint', name, f'the robot of {cell.name}', cell.joint_names)
    return tuple(joint for joint in cell.joints if joint.name in file.joints)


def published_cameras(file: DriverFile, cell: Cell) -> dict[str, Camera]:
    """Return the cell's cameras that LeRobot reads, by name.

    Raises:
        UnknownNameError: the cell has no such camera.
        SettingError: LeRobot is to read it in another size than the cell says.
    """
    by_name = {camera.name: camera for camera in cell.cameras}
    found = {}
    for name, fields in (file.robot.get('cameras') or {}).items():
        if name not in by_name:
            raise UnknownNameError('camera', name, f'cell {cell.name}', by_name)
        found[name] = by_name[name]
        for edge in ('width', 'height'):
            allowed = getattr(by_name[name], edge)
            if fields.get(edge) != allowed:
                place = f'robot.cameras.{name}.{edge}'
                raise SettingError(file.name, place, str(fields.get(edge)), f'{allowed} [px]')
    return found


def first_steps(joints: Sequence[Joint], cell: Cell, step_rad: float) -> Vector:
    """Return how far a first command may send each joint, shape (D,) [rad or m].

    A gripper may be sent anywhere: one that holds an object stands far from its command.

    Args:
        joints: that are driven.
        cell: says which of them are of an arm.
        step_rad: for those [rad or m].
    """
    arm = {cell.joints[i].name for i in cell.arm}
    return np.array([step_rad if joint.name in arm else np.inf for joint in joints])
