"""Several robots of a cell as one: every name with its robot's prefix, every file a part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vla_contract.deployment.channels import check_channels, default_channels
from vla_contract.deployment.geometry import check_geometry, Geometry, Triple
from vla_contract.deployment.meaning import with_hash
from vla_contract.deployment.robot import ARM, GRIPPER, Joint, require_distinct, Robot
from vla_contract.deployment.robot_model import Model, Part, WORLD
from vla_contract.deployment.tool import Tool
from vla_contract.errors import ContractError
from vla_contract.schema import setting

_ORIGIN = (0.0, 0.0, 0.0)
# What one filter and one simulator have once, whatever they move.
_SHARED = ('friction', 'armature', 'measures_effort')


@dataclass(frozen=True)
class PlacedRobot:
    """A robot of the cell, and where its base stands.

    With a prefix, everything of the robot bears it: joints, groups, tools, control points,
    capsules, bodies and channels. Drivers with a tf_prefix or an arm_id call the joints so too;
    those that do not are told apart by their namespaces.
    """

    robot: Robot = setting(doc='name under config/robots, or path of a file')
    prefix: str = setting('', doc='before every name of the robot')
    namespace: str = setting('', doc='of its controllers and joint_states')
    drivers_own_names: bool = setting(
        False, doc='drivers call the joints as in the file of the robot, without the prefix'
    )
    position_m: Triple = setting(_ORIGIN, doc='its base, in the frame of the cell', unit='m')
    rpy_deg: Triple = setting(_ORIGIN, doc='rotation there, about fixed x, y, z', unit='deg')

    def topic(self, name: str) -> str:
        """Return the relative name of a topic of the robot in the cell."""
        return f'{self.namespace.strip("/")}/{name}' if self.namespace else name


def combined(
    placed: Sequence[PlacedRobot], frame: str, keep_apart: Iterable[tuple[str, str]], where: str
) -> Robot:
    """Return the robots of a cell as one.

    Args:
        placed: at least one.
        frame: name of the cell's frame, where several robots stand or one that is moved.
        keep_apart: pairs of capsules, with their prefixes, that must not meet.
        where: file of the cell, for messages.

    Raises:
        ContractError: names meet, or the robots differ in what there is once.
    """
    keep_apart = tuple(keep_apart)
    if len(placed) == 1 and placed[0] == PlacedRobot(placed[0].robot):
        robot = placed[0].robot
        if not keep_apart:
            return robot
        geometry = _with_pairs(robot.geometry, keep_apart)
        check_geometry(geometry, where)
        return with_hash(replace(robot, geometry=geometry))
    first, robots = placed[0].robot, [_prefixed(each) for each in placed]
    for other in robots[1:]:
        _require_same(f'{where}: robots', first, other)
    geometry = Geometry(
        control_points=_joined(robot.geometry.control_points for robot in robots),
        capsules=_joined(robot.geometry.capsules for robot in robots),
        self_collision=_joined(robot.geometry.self_collision for robot in robots) + keep_apart,
    )
    shares_one = not any(each.robot.channels or each.namespace for each in placed)
    model = Model(
        base_frame=frame,
        base_body=WORLD if any(robot.model.is_given for robot in robots) else '',
        mimics=_joined(robot.model.mimics for robot in robots),
        parts=_joined(robot.model.parts for robot in robots),
    )
    robot = Robot(
        schema=first.schema,
        name='+'.join(f'{each.prefix}{each.robot.name}' for each in placed),
        joints=_joined(robot.joints for robot in robots),
        groups=_joined(robot.groups for robot in robots),
        model=model,
        rates=first.rates,
        tools=_joined(robot.tools for robot in robots),
        geometry=geometry,
        servo=first.servo,
        # One controller of all joints, where nothing says otherwise.
        channels=() if shares_one else _joined(robot.channels for robot in robots),
        joint_states=tuple(dict.fromkeys(_joined(robot.joint_states for robot in robots))),
    )
    _check(robot, where)
    return with_hash(robot)


def _check(robot: Robot, where: str) -> None:
    """Refuse names that meet, and pairs of capsules that there are not."""
    require_distinct(f'{where}: joints of all robots', robot.joint_names)
    require_distinct(f'{where}: groups of all robots', [group.name for group in robot.groups])
    require_distinct(f'{where}: tools of all robots', [tool.name for tool in robot.tools])
    check_geometry(robot.geometry, where)
    grippers = [robot.joint_names[i] for i in robot.indices(GRIPPER)]
    check_channels(robot.channels, robot.joint_names, grippers, where)


def _prefixed(placed: PlacedRobot) -> Robot:
    """Return a robot with its prefix on every name, its files parts that stand in the world."""
    robot, p = placed.robot, placed.prefix

    def named[T](items: Iterable[T], *fields: str) -> tuple[T, ...]:
        return tuple(_with_prefix(item, p, fields) for item in items)

    channels = robot.channels or default_channels(robot.joint_names)
    geometry = robot.geometry
    return replace(
        robot,
        joints=tuple(
            _servo_of(robot, joint) for joint in named(robot.joints, 'name', 'model_joint')
        ),
        groups=named(robot.groups, 'name', 'joints'),
        tools=named((_with_groups(robot, tool) for tool in robot.tools), *_TOOL_NAMES),
        model=replace(
            robot.model,
            mimics=named(robot.model.mimics, 'joint', 'follows'),
            parts=tuple(_parts(placed)),
        ),
        geometry=Geometry(
            named(geometry.control_points, 'name', 'body'),
            named(geometry.capsules, 'name', 'body'),
            tuple((p + a, p + b) for a, b in geometry.self_collision),
        ),
        channels=tuple(
            replace(
                channel,
                controller=channel.controller and placed.topic(channel.controller),
                prefix=p if placed.drivers_own_names else '',
            )
            for channel in named(channels, 'name', 'joints')
        ),
        joint_states=tuple(placed.topic(name) for name in robot.joint_states),
    )


_TOOL_NAMES = (
    'name', 'frame', 'site', 'body', 'actuator', 'finger_geoms', 'finger_bodies', 'group',
    'gripper',
)  # fmt: skip


def _with_prefix[T](item: T, prefix: str, fields: Iterable[str]) -> T:
    changed: dict[str, Any] = {}
    for field in fields:
        value = getattr(item, field)
        if isinstance(value, tuple):
            changed[field] = tuple(prefix + name for name in value)
        elif value:
            changed[field] = prefix + value
    return replace(item, **changed)  # type: ignore[type-var]


def _with_groups(robot: Robot, tool: Tool) -> Tool:
    """Write the groups into a tool that leaves them out because there is one of each."""
    arm, gripper = (
        next((group.name for group in robot.groups if group.kind == kind), '')
        for kind in (ARM, GRIPPER)
    )
    return replace(tool, group=tool.group or arm, gripper=tool.gripper or gripper)


def _servo_of(robot: Robot, joint: Joint) -> Joint:
    """Write the robot's servo gains into a joint: another robot may have others."""
    return replace(
        joint,
        stiffness=robot.servo.stiffness if joint.stiffness is None else joint.stiffness,
        damping=robot.servo.damping if joint.damping is None else joint.damping,
    )


def _parts(placed: PlacedRobot) -> Iterable[Part]:
    model = placed.robot.model
    if model.format:
        yield Part(
            **{name: getattr(model, name) for name in _FILE},
            prefix=placed.prefix,
            body='' if model.base_body == WORLD else model.base_body,
            position_m=placed.position_m,
            rpy_deg=placed.rpy_deg,
        )
    for part in model.parts:
        is_free = part.to_body == WORLD and not part.to_site
        yield replace(
            part,
            prefix=placed.prefix + part.prefix,
            to_body=WORLD if part.to_body == WORLD else placed.prefix + part.to_body,
            to_site=part.to_site and placed.prefix + part.to_site,
            position_m=placed.position_m if is_free else part.position_m,
            rpy_deg=placed.rpy_deg if is_free else part.rpy_deg,
        )


_FILE = ('mjcf', 'urdf', 'xacro', 'xacro_arguments', 'package', 'folder')


def _require_same(where: str, first: Robot, other: Robot) -> None:
    found = [('rates', first.rates, other.rates)]
    for name in _SHARED:
        found.append((f'servo.{name}', getattr(first.servo, name), getattr(other.servo, name)))
    for what, one, another in found:
        if one != another:
            raise ContractError(
                f'{where}: {what} of {first.name} and {other.name}: found {one} and {another}; '
                'allowed: the same'
            )


def _with_pairs(geometry: Geometry, pairs: tuple[tuple[str, str], ...]) -> Geometry:
    return replace(geometry, self_collision=geometry.self_collision + pairs)


def _joined[T](parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(item for part in parts for item in part)
