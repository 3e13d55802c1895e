"""Subscriptions to the channels of the joints that the driver moves."""

from collections.abc import Callable, Sequence

import numpy as np
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.channels import (
    Channel,
    default_channels,
    FORWARD_POSITION,
    JOINT_TRAJECTORY,
    KINDS,
    NONE,
)
from vla_contract.errors import ContractError, NameMismatchError, VlaError
from vla_contract.joints.joint_messages import JointReader
from vla_contract.ros.qos import COMMAND
from vla_contract.stamps import from_stamp
from vla_lerobot.drivers.commands.curve import Curve, step
from vla_lerobot.drivers.commands.inbox import CommandInbox

Now = Callable[[], int]


def channels_for(cell: Cell, joints: Sequence[str], command_interface: str) -> tuple[Channel, ...]:
    """Return the channels that command these joints.

    Raises:
        ContractError: a channel has joints of others too, or is of a kind that no topic carries.
        NameMismatchError: the joints have no channel.
    """
    channels = cell.channels or default_channels(cell.joint_names, KINDS[command_interface])
    ours = tuple(c for c in channels if set(c.joints) & set(joints) and c.kind != NONE)
    for channel in ours:
        if channel.kind not in (JOINT_TRAJECTORY, FORWARD_POSITION):
            raise ContractError(
                f'channel {channel.name}: kind: found {channel.kind}; allowed for a LeRobot '
                f'robot: {JOINT_TRAJECTORY}, {FORWARD_POSITION}'
            )
    commanded = [joint for channel in ours for joint in channel.joints]
    if sorted(commanded) != sorted(joints):
        where = f"joints of the channels of {cell.name} that the driver's motors move"
        raise NameMismatchError(where, joints, commanded)
    return ours


class ChannelInput:
    """Puts a channel's messages into the inbox; one that it cannot read is refused in words."""

    def __init__(
        self, node: Node, channel: Channel, names: Sequence[str], inbox: CommandInbox, now: Now
    ) -> None:
        """Subscribe.

        Args:
            node: that listens.
            channel: as the robot's file has it.
            names: joints that the driver moves, in its order.
            inbox: for the commands.
            now: time [ns].
        """
        self._channel, self._inbox, self._now = channel, inbox, now
        self._columns = [names.index(joint) for joint in channel.joints]
        self._reader = JointReader(channel.driver_joints, channel.endpoint)
        kind, read = JointTrajectory, self._trajectory
        if channel.kind == FORWARD_POSITION:
            kind, read = Float64MultiArray, self._numbers
        node.create_subscription(
            kind, channel.endpoint, lambda msg: self._take(read, msg), COMMAND
        )

    def _take(self, read: Callable[..., Curve], msg: object) -> None:
        try:
            curve = read(msg, self._now())
        except VlaError as error:
            self._inbox.refuse(str(error))
        else:
            self._inbox.offer(self._channel.name, self._columns, curve, self._now())

    def _trajectory(self, msg: JointTrajectory, now_ns: int) -> Curve:
        times_ns, positions, velocities = self._reader.trajectory(msg)
        # Without a stamp it begins when it comes, as for joint_trajectory_controller.
        start_ns = from_stamp(msg.header.stamp) or now_ns
        return Curve(start_ns + np.array(times_ns), positions, velocities)

    def _numbers(self, msg: Float64MultiArray, now_ns: int) -> Curve:
        found, wanted = len(msg.data), len(self._columns)
        if found != wanted:
            raise ContractError(
                f'{self._channel.endpoint}: found {found} numbers; allowed: {wanted}, for '
                f'{", ".join(self._channel.joints)}'
            )
        return step(np.array(msg.data), now_ns)
