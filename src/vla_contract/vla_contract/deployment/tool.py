"""The tools of a robot: where an arm ends, and how its fingers grasp."""

from dataclasses import dataclass

from vla_contract.deployment.geometry import Triple
from vla_contract.errors import ContractError, UnknownNameError
from vla_contract.schema import setting

_AXES = ('x', 'y', 'z', '-x', '-y', '-z')


@dataclass(frozen=True)
class Tool:
    """What an arm ends in: a point of the model, its axes, and the fingers there.

    The point is a site of the model, or a body with an offset.
    """

    name: str = setting(doc='short name')
    frame: str = setting(doc='name of the tool frame')
    site: str = setting('', doc='tool centre point, a site of the model')
    actuator: str = setting('', doc="actuator of the gripper in the model, '' for none")
    finger_geoms: tuple[str, ...] = setting((), doc='geoms of the model that hold an object')
    pad_friction: float = setting(
        1.2,
        doc='sliding friction of the finger pads against all but the objects of a task',
        lower=0.0,
    )
    approach: str = setting('z', doc='axis that points at the object', choices=_AXES)
    closing: str = setting('y', doc='axis along which fingers close', choices=_AXES)
    body: str = setting('', doc='instead of a site: body that carries the point')
    position_m: Triple = setting((0.0, 0.0, 0.0), doc='the point in its frame', unit='m')
    rpy_deg: Triple = setting(
        (0.0, 0.0, 0.0), doc='axes of the tool there, about fixed x, y, z', unit='deg'
    )
    finger_bodies: tuple[str, ...] = setting(
        (), doc='bodies whose geoms hold an object, beside finger_geoms'
    )
    group: str = setting('', doc='group of the arm that carries it; empty: the only one')
    gripper: str = setting('', doc='group that closes it; empty: the only one')

    @property
    def point(self) -> str:
        """Name of the site of the tool centre point, in the model as it is read."""
        return self.site or f'tool/{self.name}'


def check_tool(tool: Tool, groups: dict[str, str], has_model: bool, where: str) -> None:
    """Check what one field alone cannot show.

    Args:
        tool: as read.
        groups: kind of each group of the robot by its name.
        has_model: whether the robot has a model.
        where: file, for the message.

    Raises:
        ContractError: names the tool, what was found and what is allowed.
    """
    here = f'{where}: tool {tool.name}'
    if tool.approach.lstrip('-') == tool.closing.lstrip('-'):
        raise ContractError(
            f'{here}: approach and closing: found {tool.closing} for both; '
            'allowed: two different axes'
        )
    if has_model and bool(tool.site) == bool(tool.body):
        found = 'both' if tool.site else 'neither'
        raise ContractError(f'{here}: site and body: found {found}; allowed: one of them')
    for what, name in (('group', tool.group), ('gripper', tool.gripper)):
        if name and name not in groups:
            raise UnknownNameError('group', name, f'{here}: {what}', groups)
