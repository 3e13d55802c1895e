"""Channels: which controller of the robot takes which joints, and in which form."""

from collections.abc import Sequence
from dataclasses import dataclass

from vla_contract.errors import ContractError, NameMismatchError
from vla_contract.schema import setting

JOINT_TRAJECTORY, FORWARD_POSITION = 'joint_trajectory', 'forward_position'
GRIPPER_COMMAND, PARALLEL_GRIPPER = 'gripper_command', 'parallel_gripper_command'
NONE = 'none'
KINDS = {'trajectory': JOINT_TRAJECTORY, 'forward': FORWARD_POSITION}
"""Kind of the one channel of a robot whose file names none, by `command_interface`."""
_DEFAULT_CONTROLLERS = {
    JOINT_TRAJECTORY: 'joint_trajectory_controller',
    FORWARD_POSITION: 'forward_position_controller',
}
_ENDS = {
    JOINT_TRAJECTORY: 'joint_trajectory',
    FORWARD_POSITION: 'commands',
    GRIPPER_COMMAND: 'gripper_cmd',
    PARALLEL_GRIPPER: 'gripper_cmd',
}


@dataclass(frozen=True)
class Channel:
    """One controller and the joints it takes; a joint belongs to exactly one channel."""

    name: str = setting(doc='short name, such as arm or gripper')
    kind: str = setting(
        doc='joint_trajectory: joint_trajectory_controller; forward_position: '
        'forward_command_controller; gripper_command, parallel_gripper_command: action of a '
        'gripper controller (control_msgs); none: nobody commands these joints',
        choices=(JOINT_TRAJECTORY, FORWARD_POSITION, GRIPPER_COMMAND, PARALLEL_GRIPPER, NONE),
    )
    joints: tuple[str, ...] = setting(doc="joints of the channel, in the controller's order")
    controller: str = setting('', doc='name of the controller, without /topic')
    max_effort: float = setting(
        0.0, doc="force of a gripper's goal; 0 leaves it to the controller", unit='N', lower=0.0
    )

    @property
    def is_action(self) -> bool:
        """Whether goals are sent, not a stream of positions."""
        return self.kind in (GRIPPER_COMMAND, PARALLEL_GRIPPER)

    @property
    def endpoint(self) -> str:
        """Topic or action that takes the commands, relative; '' for kind none."""
        return f'{self.controller}/{_ENDS[self.kind]}' if self.kind != NONE else ''


def default_channels(joints: Sequence[str], kind: str = JOINT_TRAJECTORY) -> tuple[Channel, ...]:
    """Return the one channel of a robot whose file names none: all joints to one controller."""
    return (Channel('robot', kind, tuple(joints), _DEFAULT_CONTROLLERS[kind]),)


def check_channels(
    channels: Sequence[Channel], joints: Sequence[str], grippers: Sequence[str], where: str
) -> None:
    """Check that every joint has exactly one channel, and every channel what its kind needs.

    Args:
        channels: as read; none at all is allowed.
        joints: every commanded joint of the robot.
        grippers: those in a group of kind gripper.
        where: file, for the message.

    Raises:
        ContractError: names the channel, what was found and what is allowed.
    """
    if not channels:
        return
    found = [joint for channel in channels for joint in channel.joints]
    if sorted(found) != sorted(joints):
        raise NameMismatchError(f'{where}: joints of all channels', joints, found)
    for what in ('name', 'controller'):
        values = [getattr(channel, what) for channel in channels if channel.kind != NONE]
        if len(set(values)) != len(values):
            raise ContractError(
                f'{where}: channels: found the same {what} twice ({", ".join(values)}); '
                f'allowed: one {what} per channel'
            )
    for channel in channels:
        here = f'{where}: channel {channel.name}'
        if channel.kind != NONE and not channel.controller:
            raise ContractError(
                f'{here}: controller: found nothing; allowed: the name of a controller'
            )
        if channel.is_action and (len(channel.joints) != 1 or channel.joints[0] not in grippers):
            raise ContractError(
                f'{here}: joints: found {", ".join(channel.joints) or "none"}; allowed with kind '
                f'{channel.kind}: one joint in a group of kind '
                f'gripper ({", ".join(grippers) or "none here"})'
            )
