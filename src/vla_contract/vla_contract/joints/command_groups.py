"""The parts of a cell that one commands at a time: each arm with its grippers."""

from dataclasses import dataclass

from vla_contract.deployment.robot import ARM, Robot


@dataclass(frozen=True)
class CommandGroup:
    """Joints that a policy or a human commands together.

    Attributes:
        name: of the group of the arm; of a gripper that belongs to no arm, its own.
        columns: its joints, as indices in the cell's order.
    """

    name: str
    columns: tuple[int, ...]


def command_groups(robot: Robot) -> tuple[CommandGroup, ...]:
    """Return the groups of a robot, or of all robots of a cell, in the order of the file.

    A gripper goes with the arm that carries its tool, and with the only arm where no tool says.
    """
    arms = [group.name for group in robot.groups if group.kind == ARM]
    leader = {group.name: group.name for group in robot.groups}
    if len(arms) == 1:
        leader = dict.fromkeys(leader, arms[0])
    for tool in robot.tools:
        if tool.gripper and tool.group:
            leader[tool.gripper] = tool.group
    joints: dict[str, list[str]] = {}
    for group in robot.groups:
        joints.setdefault(leader[group.name], []).extend(group.joints)
    columns = {name: i for i, name in enumerate(robot.joint_names)}
    return tuple(
        CommandGroup(name, tuple(sorted(columns[joint] for joint in members)))
        for name, members in joints.items()
    )
