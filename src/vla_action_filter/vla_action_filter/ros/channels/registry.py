"""Kind of channel to what sends it."""

from collections.abc import Callable, Sequence

from rclpy.node import Node
from vla_action_filter.config import FilterConfig
from vla_action_filter.ros.channels.forward_sender import ForwardSender
from vla_action_filter.ros.channels.gripper_sender import GripperSender
from vla_action_filter.ros.channels.sender import Sender, SilentSender
from vla_action_filter.ros.channels.trajectory_sender import TrajectorySender
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import (
    Channel,
    default_channels,
    FORWARD_POSITION,
    GRIPPER_COMMAND,
    JOINT_TRAJECTORY,
    KINDS,
    NONE,
    PARALLEL_GRIPPER,
    simulated_channels,
)

_SENDERS: dict[str, Callable[[Node, Channel, Cell], Sender]] = {
    JOINT_TRAJECTORY: TrajectorySender,
    FORWARD_POSITION: ForwardSender,
    GRIPPER_COMMAND: GripperSender,
    PARALLEL_GRIPPER: GripperSender,
    NONE: lambda node, channel, cell: SilentSender(),
}


def channels_of(cell: Cell, config: FilterConfig) -> tuple[Channel, ...]:
    """Return the channels of a robot, or of its simulation: its own, or one for all joints."""
    own = simulated_channels(cell.channels) if config.simulated else cell.channels
    return own or default_channels(cell.joint_names, KINDS[config.command_interface])


def make_senders(node: Node, cell: Cell, channels: Sequence[Channel]) -> list[Sender]:
    """Return a sender for every channel.

    Raises:
        VlaError: a kind needs what is not installed.
    """
    return [_SENDERS[channel.kind](node, channel, cell) for channel in channels]
