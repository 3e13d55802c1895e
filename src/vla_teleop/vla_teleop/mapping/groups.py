"""Which arms of a cell a device commands."""

from collections.abc import Iterable
from dataclasses import dataclass

from vla_contract.deployment.cell import Cell
from vla_contract.deployment.robot import Robot
from vla_contract.errors import ContractError, NameMismatchError, UnknownNameError
from vla_contract.joints.command_groups import command_groups
from vla_teleop.devices.device_file import DeviceFile


@dataclass(frozen=True)
class Commanded:
    """Groups that a device commands: arms with their grippers.

    Attributes:
        names: of the groups.
        are_all: whether these are all of the cell.
    """

    names: tuple[str, ...]
    are_all: bool

    def services(self, verb: str) -> tuple[str, ...]:
        """Return the filter's services that `take_over` or `hand_back` these groups."""
        if self.are_all:
            return (f'action_filter/{verb}',)
        return tuple(f'action_filter/{name}/{verb}' for name in self.names)


def commanded_groups(cell: Cell, joints: Iterable[str], device: str) -> Commanded:
    """Return the groups that joints form.

    Raises:
        UnknownNameError: the cell has no such joint.
        NameMismatchError: a group is there in part only: who commands the rest of it?
        ContractError: there is no arm among them.
    """
    named, groups = set(joints), command_groups(cell.robot)
    require_joints(cell, named, device)
    touched = []
    for group in groups:
        own = [cell.joint_names[i] for i in group.columns]
        found = [name for name in own if name in named]
        if found and found != own:
            raise NameMismatchError(f'{device}: joints of group {group.name}', own, found)
        if found:
            touched.append(group.name)
    if not touched:
        listed = ', '.join(sorted(named)) or 'none'
        arms = ', '.join(group.name for group in groups)
        raise ContractError(f'{device}: joints: found {listed}; allowed: those of an arm: {arms}')
    return Commanded(tuple(touched), len(touched) == len(groups))


def require_joints(cell: Cell, joints: Iterable[str], device: str) -> None:
    """Require that a cell has the joints of a device.

    Raises:
        UnknownNameError: it has not; lists those that it has.
    """
    if unknown := sorted(set(joints) - set(cell.joint_names)):
        where = f'cell {cell.name}, for {device}'
        raise UnknownNameError('joint', unknown[0], where, cell.joint_names)


def device_joints(file: DeviceFile, cell: Cell) -> tuple[str, ...]:
    """Return the joints that a device moves: those it leads, or those of its tool.

    Raises:
        VlaError: there is no such tool.
    """
    if file.tool is None:
        return tuple(entry.joint for entry in file.joints.values())
    return tuple(cell.joint_names[i] for i in tool_columns(cell.robot, file.tool.name))


def tool_columns(robot: Robot, name: str) -> tuple[int, ...]:
    """Return the indices of the joints that move a tool and close it, in the robot's order.

    Args:
        robot: that carries it.
        name: of the tool; '' for the main one.
    """
    tool = robot.tool_named(name) if name else robot.tool
    gripper = robot.gripper_of(tool)
    return tuple(sorted({*robot.arm_of(tool), *(() if gripper is None else (gripper,))}))
