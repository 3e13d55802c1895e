"""The robot: its joints with their limits, groups, tools, model, shape and controllers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math
from pathlib import Path

from vla_contract.deployment.channels import Channel, check_channels
from vla_contract.deployment.geometry import check_geometry, Geometry
from vla_contract.deployment.meaning import with_hash
from vla_contract.deployment.robot_model import check_model, Model
from vla_contract.deployment.tool import check_tool, Tool
from vla_contract.errors import ContractError, NameMismatchError, UnknownNameError
from vla_contract.schema import build, setting

KIND = 'robots'
ARM, GRIPPER = 'arm', 'gripper'
# Unit, what is written instead by mistake, widest range and largest speed. Two turns either way
# are more than any arm's joint has; direct drives of hobby size reach 30 rad/s; the longest lifts
# and rails of arms are shorter than 5 m and slower than 5 m/s.
_PLAUSIBLE = {
    'revolute': ('rad', 'degrees', 8 * math.pi + 0.01, 50.0),
    'prismatic': ('m', 'millimetres', 5.0, 5.0),
}


@dataclass(frozen=True)
class Joint:
    """One joint with its limits; units are rad for revolute joints, m for prismatic ones."""

    name: str = setting(doc='name in joint_states and commands')
    type: str = setting(doc='how it moves', choices=('revolute', 'prismatic'))
    lower: float = setting(doc='lowest position', unit='rad or m')
    upper: float = setting(doc='highest position', unit='rad or m')
    velocity: float = setting(doc='largest speed', unit='rad/s or m/s', lower=1e-6)
    acceleration: float = setting(doc='largest acceleration', unit='rad/s2 or m/s2', lower=1e-6)
    jerk: float = setting(doc='largest jerk', unit='rad/s3 or m/s3', lower=1e-6)
    effort: float = setting(doc='largest torque or force', unit='Nm or N', lower=1e-6)
    home: float = setting(doc='rest position', unit='rad or m')
    model_joint: str = setting(doc='name of this joint in the model file')
    closed_at: str = setting(
        'upper', doc='end of its range where a gripper is closed', choices=('upper', 'lower')
    )
    stiffness: float | None = setting(
        None, doc="gain of its simulated servo; none: the robot's", unit='Nm/rad', lower=1e-3
    )
    damping: float | None = setting(
        None, doc="damping of its simulated servo; none: the robot's", unit='Nm s/rad', lower=0.0
    )
    opening_m: float = setting(
        0.0, doc='distance between the fingers of an open gripper', unit='m', lower=0.0
    )

    @property
    def closed(self) -> float:
        """Position of a closed gripper [rad or m]."""
        return self.upper if self.closed_at == 'upper' else self.lower

    @property
    def open(self) -> float:
        """Position of an open gripper [rad or m]."""
        return self.lower if self.closed_at == 'upper' else self.upper


@dataclass(frozen=True)
class Group:
    """Joints that belong together: an arm, or a gripper, which is never smoothed."""

    name: str = setting(doc='short name')
    joints: tuple[str, ...] = setting(doc='joints of the group')
    kind: str = setting(ARM, doc='what it is', choices=(ARM, GRIPPER))


@dataclass(frozen=True)
class Servo:
    """Gains of the simulated joint position servos that stand for the robot's controller."""

    stiffness: float = setting(doc='proportional gain', unit='Nm/rad', lower=1.0)
    damping: float = setting(doc='derivative gain', unit='Nm s/rad', lower=0.0)
    friction: float | None = setting(
        None, doc="dry friction of the robot's joints; none: the model's", unit='Nm', lower=0.0
    )
    armature: float | None = setting(
        None, doc="rotor inertia seen at the joints; none: the model's", unit='kg m2', lower=0.0
    )
    measures_effort: bool = setting(False, doc='whether joint_states carry effort')


@dataclass(frozen=True)
class Rates:
    """How often the loops run."""

    filter_hz: float = setting(doc='rate of the action filter', unit='Hz', lower=1.0)
    joint_states_hz: float = setting(doc='rate of joint_states', unit='Hz', lower=1.0)


@dataclass(frozen=True)
class Robot:
    """A robot as its file describes it; a cell says where it stands."""

    schema: int = setting(doc='version of this format', lower=2, upper=2)
    name: str = setting(doc='name of the robot')
    joints: tuple[Joint, ...] = setting(doc='every commanded joint')
    groups: tuple[Group, ...] = setting(doc='arms and grippers; a joint belongs to one of them')
    model: Model = setting(doc='kinematic and visual model')
    rates: Rates = setting(doc='loop rates')
    tools: tuple[Tool, ...] = setting((), doc='what the arms end in, the main one first')
    geometry: Geometry = setting(Geometry(), doc='points and links that keep their distance')
    servo: Servo = setting(Servo(2000.0, 200.0), doc='joint servos of the simulated robot')
    channels: tuple[Channel, ...] = setting(
        (), doc='controllers and their joints; empty: one controller takes all joints'
    )
    joint_states: tuple[str, ...] = setting(
        ('joint_states',), doc='topics of the measured joints, merged by name'
    )
    sha256: str = setting('', doc='hash of the meaning, filled on load')

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of all joints in the order of the file."""
        return tuple(joint.name for joint in self.joints)

    @property
    def tool(self) -> Tool:
        """The main tool.

        Raises:
            ContractError: the robot has no tool.
        """
        if not self.tools:
            raise ContractError(f'robot {self.name}: tools: found none; this needs one')
        return self.tools[0]

    def gripper_of(self, tool: Tool) -> int | None:
        """Return the index of the joint that closes a tool; None for a tool without gripper."""
        named = [g for g in self.groups if g.kind == GRIPPER and tool.gripper in (g.name, '')]
        return self.joint_names.index(named[0].joints[0]) if named else None

    def arm_of(self, tool: Tool) -> tuple[int, ...]:
        """Return the indices of the joints that move a tool, in the order of the file."""
        named = {
            name
            for group in self.groups
            if group.name == tool.group or (group.kind == ARM and not tool.group)
            for name in group.joints
        }
        return tuple(i for i, name in enumerate(self.joint_names) if name in named)

    def tool_named(self, name: str) -> Tool:
        """Return a tool by name.

        Raises:
            UnknownNameError: the robot has no such tool; lists those it has.
        """
        known = {tool.name: tool for tool in self.tools}
        if name not in known:
            raise UnknownNameError('tool', name, f'robot {self.name}', known)
        return known[name]

    def indices(self, kind: str) -> tuple[int, ...]:
        """Return the indices of the joints in groups of a kind, in the order of the file."""
        named = {name for group in self.groups if group.kind == kind for name in group.joints}
        return tuple(i for i, name in enumerate(self.joint_names) if name in named)


def build_robot(values: object, where: Path) -> Robot:
    """Build a robot from the values of its file, and check what one value alone cannot show.

    Raises:
        ContractError: a value is missing, unknown, out of range or contradicts another.
    """
    robot = build(Robot, values, str(where))
    robot = replace(robot, model=_in_folder(robot.model, str(where.parent.resolve())))
    _check_joints(robot, where)
    _check_groups(robot, where)
    check_model(robot.model, str(where))
    _check_tools(robot, where)
    _check_without_model(robot, where)
    check_geometry(robot.geometry, str(where))
    grippers = [robot.joint_names[i] for i in robot.indices(GRIPPER)]
    check_channels(robot.channels, robot.joint_names, grippers, str(where))
    if not robot.joint_states:
        raise ContractError(f'{where}: joint_states: found none; allowed: one topic or more')
    return with_hash(robot)


def _check_joints(robot: Robot, where: Path) -> None:
    require_distinct(f'{where}: joints', robot.joint_names)
    for joint in robot.joints:
        if not joint.lower < joint.upper or not joint.lower <= joint.home <= joint.upper:
            raise ContractError(
                f'{where}: joint {joint.name}: lower {joint.lower:g} <= home {joint.home:g} <= '
                f'upper {joint.upper:g} does not hold'
            )
        _check_plausible(joint, where)


def _check_plausible(joint: Joint, where: Path) -> None:
    """Refuse limits that no arm has; they are degrees or millimetres as a rule."""
    unit, other, widest, fastest = _PLAUSIBLE[joint.type]
    for name, value, most, per_s in (
        ('upper - lower', joint.upper - joint.lower, widest, ''),
        ('velocity', joint.velocity, fastest, '/s'),
    ):
        if value > most:
            raise ContractError(
                f'{where}: joint {joint.name}: {name} of a {joint.type} joint: found {value:g} '
                f'{unit}{per_s}; allowed: up to {most:g} {unit}{per_s}; is it in {other}?'
            )


def _check_groups(robot: Robot, where: Path) -> None:
    require_distinct(f'{where}: groups', [group.name for group in robot.groups])
    grouped = [name for group in robot.groups for name in group.joints]
    if sorted(grouped) != sorted(robot.joint_names):
        raise NameMismatchError(f'{where}: joints of all groups', robot.joint_names, grouped)


def _check_tools(robot: Robot, where: Path) -> None:
    require_distinct(f'{where}: tools', [tool.name for tool in robot.tools])
    groups = {group.name: group.kind for group in robot.groups}
    for tool in robot.tools:
        check_tool(tool, groups, robot.model.is_given, str(where))


def _check_without_model(robot: Robot, where: Path) -> None:
    """Refuse geometry that hangs on bodies of a model that there is not."""
    if robot.model.is_given:
        return
    given = [what for what in ('control_points', 'capsules') if getattr(robot.geometry, what)]
    if given:
        raise ContractError(
            f'{where}: geometry: found {" and ".join(given)} on bodies of no model; allowed: '
            'none, or a model with mjcf, urdf or xacro'
        )


def _in_folder(model: Model, folder: str) -> Model:
    parts = tuple(replace(part, folder=folder) for part in model.parts)
    return replace(model, folder=folder, parts=parts)


def require_distinct(what: str, names: Sequence[str]) -> None:
    """Raise NameMismatchError if a name stands twice."""
    if len(set(names)) != len(names):
        raise NameMismatchError(what, sorted(set(names)), names)
