"""The robot: its joints with their limits, groups, tools, model, shape and controllers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vla_contract.deployment.channels import Channel, check_channels
from vla_contract.deployment.geometry import check_geometry, Geometry
from vla_contract.deployment.meaning import with_hash
from vla_contract.errors import ContractError, NameMismatchError
from vla_contract.schema import build, setting

KIND = 'robots'
ARM, GRIPPER = 'arm', 'gripper'
_AXES = ('x', 'y', 'z')


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
class Tool:
    """What the arm ends in: a point of the model, its axes, and the fingers there."""

    name: str = setting(doc='short name')
    frame: str = setting(doc='name of the tool frame')
    site: str = setting(doc='tool centre point, a site of the MJCF')
    actuator: str = setting('', doc="actuator of the gripper in the MJCF, '' for none")
    finger_geoms: tuple[str, ...] = setting((), doc='geoms of the MJCF that hold an object')
    pad_friction: float = setting(
        1.2,
        doc='sliding friction of the finger pads against all but the objects of a task',
        lower=0.0,
    )
    approach: str = setting('z', doc='axis that points at the object', choices=_AXES)
    closing: str = setting('y', doc='axis along which fingers close', choices=_AXES)


@dataclass(frozen=True)
class Mimic:
    """A joint without a motor of its own: position = multiplier * that of another + offset."""

    joint: str = setting(doc='joint of the model that follows')
    follows: str = setting(doc='joint of the model that leads')
    multiplier: float = setting(1.0, doc='how far it moves with the other')
    offset: float = setting(0.0, doc='where it is when the other is at 0', unit='rad or m')


@dataclass(frozen=True)
class Model:
    """The robot model, read by path out of an installed Python package.

    Of the file only `base_body` and what hangs on it belongs to the robot.
    """

    package: str = setting(doc='Python package that carries the file')
    mjcf: str = setting(doc='path of the MJCF inside the package')
    base_frame: str = setting(doc='name of the base frame')
    base_body: str = setting(doc='root body in the MJCF')
    mimics: tuple[Mimic, ...] = setting((), doc='joints that others move')


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
    tools: tuple[Tool, ...] = setting(doc='what the arm ends in; one in this version')
    model: Model = setting(doc='kinematic and visual model')
    rates: Rates = setting(doc='loop rates')
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
        """The one tool of this version."""
        return self.tools[0]

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
    _check_joints(robot, where)
    _check_groups(robot, where)
    _check_tools(robot, where)
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


def _check_groups(robot: Robot, where: Path) -> None:
    require_distinct(f'{where}: groups', [group.name for group in robot.groups])
    grouped = [name for group in robot.groups for name in group.joints]
    if sorted(grouped) != sorted(robot.joint_names):
        raise NameMismatchError(f'{where}: joints of all groups', robot.joint_names, grouped)


def _check_tools(robot: Robot, where: Path) -> None:
    if len(robot.tools) != 1:
        raise ContractError(f'{where}: tools: found {len(robot.tools)}; allowed: one')
    for tool in robot.tools:
        if tool.approach == tool.closing:
            raise ContractError(
                f'{where}: tool {tool.name}: approach and closing: found {tool.closing} for both; '
                'allowed: two different axes'
            )


def require_distinct(what: str, names: Sequence[str]) -> None:
    """Raise NameMismatchError if a name stands twice."""
    if len(set(names)) != len(names):
        raise NameMismatchError(what, sorted(set(names)), names)
