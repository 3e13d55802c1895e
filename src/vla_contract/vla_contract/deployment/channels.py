"""Channels: which controller of the robot takes which joints, and in which form."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vla_contract.errors import ContractError, NameMismatchError
from vla_contract.schema import setting

JOINT_TRAJECTORY, FORWARD_POSITION = 'joint_trajectory', 'forward_position'
GRIPPER_COMMAND, PARALLEL_GRIPPER = 'gripper_command', 'parallel_gripper_command'
NONE = 'none'
_STREAMS, _ACTIONS = (JOINT_TRAJECTORY, FORWARD_POSITION), (GRIPPER_COMMAND, PARALLEL_GRIPPER)
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
    action: str = setting(
        '', doc="name of a gripper's action under the controller; gripper_cmd unless given"
    )
    speed_scaling: str = setting(
        '',
        doc='topic beside the controller with the speed that the robot itself permits, in percent '
        '(std_msgs/Float64); the plan is played no faster. Without one it is not known',
    )

    prefix: str = setting('', doc='of our names, unknown to the controller; filled by a cell')

    @property
    def driver_joints(self) -> tuple[str, ...]:
        """What the controller calls the joints."""
        return tuple(name.removeprefix(self.prefix) for name in self.joints)

    @property
    def is_action(self) -> bool:
        """Whether goals are sent, not a stream of positions."""
        return self.kind in _ACTIONS

    @property
    def endpoint(self) -> str:
        """Topic or action that takes the commands, relative; '' for kind none."""
        return f'{self.controller}/{self.action or _ENDS[self.kind]}' if self.kind != NONE else ''

    @property
    def speed_scaling_topic(self) -> str:
        """Topic of the permitted speed, in the namespace of the controller; '' for none."""
        namespace, slash, _ = self.controller.rpartition('/')
        return f'{namespace}{slash}{self.speed_scaling}' if self.speed_scaling else ''


def simulated_channels(channels: Sequence[Channel]) -> tuple[Channel, ...]:
    """Return channels as the simulator takes them: for a gripper's action a trajectory.

    The simulator offers no actions, which need control_msgs on both sides, and does not slow down.
    """
    streamed = dict.fromkeys(_ACTIONS, JOINT_TRAJECTORY)
    return tuple(
        replace(
            channel,
            kind=streamed.get(channel.kind, channel.kind),
            action='',
            max_effort=0.0,
            speed_scaling='',
        )
        for channel in channels
    )


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
        _check_names(channel, here)


def _check_names(channel: Channel, here: str) -> None:
    """Refuse a setting that a channel of this kind would not look at."""
    for name, kinds in (('action', _ACTIONS), ('speed_scaling', _STREAMS)):
        if (found := getattr(channel, name)) and channel.kind not in kinds:
            raise ContractError(
                f'{here}: {name}: found {found} with kind {channel.kind}; allowed with kind '
                f'{" or ".join(kinds)}'
            )
