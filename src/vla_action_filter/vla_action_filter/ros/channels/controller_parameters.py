"""The parameters of a controller, asked from its node until they are known."""

from typing import Any

from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
from rclpy.node import Node
from vla_contract.deployment.channels import Channel, FORWARD_POSITION

_NAMES = ['joints', 'allow_partial_joints_goal', 'interpolation_method']
_ASK_EVERY_S = 0.5
_AGAIN_AFTER = 6
_READ = {
    ParameterType.PARAMETER_BOOL: 'bool_value',
    ParameterType.PARAMETER_STRING: 'string_value',
    ParameterType.PARAMETER_STRING_ARRAY: 'string_array_value',
}


class ControllerParameters:
    """Whether a controller takes exactly the joints of its channel, by its own word.

    ros2_control's controllers are nodes with the name of the controller. One that offers no
    parameters (a simulator, a driver with topics of its own) is not asked, and believed.

    Attributes:
        values: name to value; empty before the answer.
    """

    def __init__(self, node: Node, channel: Channel) -> None:
        """Ask from now on, in the node's executor."""
        self.values: dict[str, Any] = {}
        self._channel = channel
        self._client = node.create_client(GetParameters, f'{channel.controller}/get_parameters')
        self._future: Any = None
        self._waited = 0
        node.create_timer(_ASK_EVERY_S, self._ask)

    @property
    def joints(self) -> list[str]:
        """The controller's joints in its order; empty while they are not known."""
        return list(self.values.get('joints') or [])

    def fault(self) -> str:
        """Return why the controller would refuse the channel's joints, '' for no reason."""
        if not self._client.service_is_ready():
            # A controller that was unloaded may come back with other joints.
            self.values, self._future = {}, None
            return ''
        if not self.values:
            return f'waiting for the parameters of {self._channel.controller}'
        return joints_fault(self._channel, self.values)

    def _ask(self) -> None:
        if self.values or not self._client.service_is_ready():
            return
        self._waited += 1
        if self._future is None or self._waited > _AGAIN_AFTER:
            self._waited = 0
            self._future = self._client.call_async(GetParameters.Request(names=_NAMES))
            self._future.add_done_callback(self._on_answer)

    def _on_answer(self, future: Any) -> None:
        values = future.result().values if future.result() is not None else []
        found = {}
        for name, value in zip(_NAMES, values, strict=False):
            attribute = _READ.get(value.type)
            if attribute:
                found[name] = getattr(value, attribute)
        # A node of that name without joints is no controller that could say more.
        self.values = found or {'joints': list(self._channel.driver_joints)}


def joints_fault(channel: Channel, parameters: dict[str, Any]) -> str:
    """Return why a controller with these parameters refuses the channel's joints, or ''.

    As validate_trajectory_msg of joint_trajectory_controller and on_update of
    forward_command_controller do.
    """
    theirs, ours = list(parameters.get('joints') or []), list(channel.driver_joints)
    if not theirs:
        return ''
    if channel.kind == FORWARD_POSITION or not parameters.get('allow_partial_joints_goal'):
        fits = sorted(theirs) == sorted(ours)
    else:
        fits = set(ours) <= set(theirs)
    if fits:
        return ''
    return (
        f'{channel.controller} takes {", ".join(theirs)}; channel {channel.name} has '
        f"{', '.join(ours)}: name the channels in the robot's file"
    )
