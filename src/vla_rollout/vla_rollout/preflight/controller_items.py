"""Is every controller set so that it plays what the action filter sends?"""

from collections.abc import Iterator, Mapping
from typing import Any

from vla_contract.check import Check, measured, skipped, Status
from vla_contract.deployment.channels import Channel, FORWARD_POSITION, JOINT_TRAJECTORY

PARAMETERS: dict[str, tuple[str, ...]] = {
    JOINT_TRAJECTORY: (
        'joints',
        'allow_partial_joints_goal',
        'interpolate_from_desired_state',
        'interpolation_method',
        'cmd_timeout',
    ),
    FORWARD_POSITION: ('joints',),
}
"""What a controller of a kind is asked; others are not asked anything."""
_FORWARD_HZ = 500.0


def check_controller(
    channel: Channel, found: Mapping[str, Any] | None, driver: str = ''
) -> Iterator[Check]:
    """Yield what a controller's parameters say of its channel.

    Args:
        channel: of a kind in PARAMETERS.
        found: name to value, None where the controller did not answer.
        driver: node that takes the channel's commands where no controller answers, '' for none.
    """
    item = f'controller {channel.controller}'
    if not found and driver:
        yield Check(
            item,
            Status.WARN,
            f'none of ros2_control; {driver} takes the commands, and checks them itself',
            'parameters of ros2_control',
            'read the diagnostics of that driver',
        )
        return
    if not found or 'joints' not in found:
        why, fix = 'does not answer for its parameters', 'load the controller; check its name'
        yield skipped(item, why, 'parameters of ros2_control', fix)
        return
    theirs, ours = list(found['joints']), list(channel.driver_joints)
    is_subset_allowed = bool(found.get('allow_partial_joints_goal'))
    fits = sorted(theirs) == sorted(ours) or (is_subset_allowed and set(ours) <= set(theirs))
    yield measured(
        f'{item}: joints', fits, ', '.join(theirs), ', '.join(ours),
        "name the controller's own joints in a channel of the robot's file",
    )  # fmt: skip
    if channel.kind == JOINT_TRAJECTORY:
        yield from _check_trajectory(item, found)


def _check_trajectory(item: str, found: Mapping[str, Any]) -> Iterator[Check]:
    """Yield the settings of joint_trajectory_controller that decide how the arm moves."""
    wanted: tuple[tuple[str, Any, str], ...] = (
        (
            'interpolate_from_desired_state',
            True,
            'a message that comes late starts at the measured joints otherwise, and the arm jerks',
        ),
        ('interpolation_method', 'splines', 'positions alone are steps'),
        (
            'cmd_timeout',
            0.0,
            'every message ends at rest; a time-out only adds a jump to the measured joints',
        ),
    )
    for name, allowed, why in wanted:
        if name in found:
            value = found[name]
            yield measured(f'{item}: {name}', value == allowed, str(value), str(allowed), why)


def manager_of(channel: Channel) -> str:
    """Return the name of the controller manager of a channel: in its controller's namespace."""
    namespace, slash, _ = channel.controller.rpartition('/')
    return f'{namespace}{slash}controller_manager'


def check_update_rate(channel: Channel, rate_hz: float | None) -> Iterator[Check]:
    """Yield whether a forward controller gets numbers as fast as it writes them.

    Args:
        channel: any.
        rate_hz: update_rate of its controller_manager, None where that did not answer.
    """
    if channel.kind != FORWARD_POSITION or rate_hz is None:
        return
    yield measured(
        f'controller {channel.controller}: update_rate',
        rate_hz <= _FORWARD_HZ,
        f'{rate_hz:g} Hz',
        f'up to {_FORWARD_HZ:g} Hz',
        'it writes steps: use joint_trajectory_controller, which interpolates',
    )
