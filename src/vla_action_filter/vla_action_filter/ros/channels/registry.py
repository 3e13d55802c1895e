"""Kind of channel to what sends it."""

from collections.abc import Callable, Sequence

from rclpy.node import Node
from vla_action_filter.config import FilterConfig
from vla_action_filter.ros.channels.forward_sender import ForwardSender
from vla_action_filter.ros.channels.gripper_sender import GripperSender
from vla_action_filter.ros.channels.sender import Sender, SilentSender
from vla_action_filter.ros.channels.trajectory_sender import TrajectorySender
from vla_contract.channels import (
    Channel,
    default_channels,
    FORWARD_POSITION,
    GRIPPER_COMMAND,
    JOINT_TRAJECTORY,
    KINDS,
    NONE,
    PARALLEL_GRIPPER,
)
from vla_contract.contract import RobotContract

_SENDERS: dict[str, Callable[[Node, Channel, RobotContract], Sender]] = {
    JOINT_TRAJECTORY: TrajectorySender,
    FORWARD_POSITION: ForwardSender,
    GRIPPER_COMMAND: GripperSender,
    PARALLEL_GRIPPER: GripperSender,
    NONE: lambda node, channel, contract: SilentSender(),
}


def channels_of(contract: RobotContract, config: FilterConfig) -> tuple[Channel, ...]:
    """Return the channels of a robot: its own, or one for all joints."""
    return contract.channels or default_channels(
        contract.joint_names, KINDS[config.command_interface], config.controller
    )


def make_senders(node: Node, contract: RobotContract, channels: Sequence[Channel]) -> list[Sender]:
    """Return a sender for every channel.

    Raises:
        VlaError: a kind needs what is not installed.
    """
    return [_SENDERS[channel.kind](node, channel, contract) for channel in channels]
