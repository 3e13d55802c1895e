"""The robot contract: everything two packages must agree on, in one YAML file per robot."""

from dataclasses import dataclass
import hashlib
from pathlib import Path

from numpy import array, float64
from numpy.typing import NDArray
from vla_contract.channels import Channel, check_channels
from vla_contract.end_effector import EndEffectorDelta
from vla_contract.errors import ContractError, NameMismatchError, UnknownNameError
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import find_config
from vla_contract.workspace import check_workspace, Workspace

Vector = NDArray[float64]
JOINT_POSITION, END_EFFECTOR_DELTA = 'joint_position', 'end_effector_delta'
_AXES = ('x', 'y', 'z')


@dataclass(frozen=True)
class Joint:
    """One joint with its limits; units are rad for revolute joints, m for prismatic ones."""

    name: str = setting(doc='name in joint_states and commands')
    type: str = setting(doc='how it moves', choices=('revolute', 'prismatic', 'gripper'))
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
class Camera:
    """One camera: where it publishes, what it sees, what the policy gets of it."""

    name: str = setting(doc='short name')
    topic: str = setting(doc='namespace that holds image_raw and camera_info')
    frame: str = setting(doc='optical frame, z forward')
    width: int = setting(doc='image width', unit='px', lower=1)
    height: int = setting(doc='image height', unit='px', lower=1)
    rate_hz: float = setting(doc='frames per second', unit='Hz', lower=0.1)
    encoding: str = setting(doc='pixel format of the topic', choices=('rgb8', 'bgr8'))
    feature: str = setting(doc='feature key of the policy')
    policy_width: int = setting(doc='width the policy sees', unit='px', lower=1)
    policy_height: int = setting(doc='height the policy sees', unit='px', lower=1)
    resize: str = setting(doc='how to fit', choices=('crop', 'letterbox', 'stretch'))


@dataclass(frozen=True)
class Features:
    """Names of a state or action vector, in the order the policy was trained with."""

    names: tuple[str, ...] = setting(doc='joint names in the order of the vector')


@dataclass(frozen=True)
class Action:
    """The action vector and its rate.

    A policy of kind `end_effector_delta` answers with moves of the tool; they become positions of
    the joints in `names`, so that everything after the policy sees joints.
    """

    kind: str = setting(doc='meaning of the numbers', choices=(JOINT_POSITION, END_EFFECTOR_DELTA))
    names: tuple[str, ...] = setting(doc='joint names in the order of the vector')
    fps: float = setting(doc='policy steps per second (control_freq)', unit='Hz', lower=0.1)
    end_effector: EndEffectorDelta | None = setting(
        None, doc='meaning of the moves; with kind end_effector_delta only'
    )


@dataclass(frozen=True)
class Rates:
    """How often the loops run."""

    filter_hz: float = setting(doc='rate of the action filter', unit='Hz', lower=1.0)
    joint_states_hz: float = setting(doc='rate of joint_states', unit='Hz', lower=1.0)


@dataclass(frozen=True)
class Deadlines:
    """How old each input may be before it no longer counts."""

    image_age_s: float = setting(doc='newest image', unit='s', lower=0.0)
    joint_state_age_s: float = setting(doc='newest state of an arm joint', unit='s', lower=0.0)
    chunk_age_s: float = setting(doc='observation behind a chunk', unit='s', lower=0.0)
    # Ten periods of the slowest gripper drivers, which publish at 10 Hz. No limit of the arm is
    # computed from the fingers.
    gripper_state_age_s: float = setting(1.0, doc='newest state of a gripper', unit='s', lower=0.0)


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
    tool_frame: str = setting(doc='name of the tool frame')
    base_body: str = setting(doc='root body in the MJCF')
    tool_site: str = setting(doc='tool centre point in the MJCF')
    gripper_actuator: str = setting('', doc="actuator of the gripper in the MJCF, '' for none")
    finger_geoms: tuple[str, ...] = setting((), doc='geoms of the MJCF that hold an object')
    mimics: tuple[Mimic, ...] = setting((), doc='joints that others move')
    approach: str = setting('z', doc='axis of the tool that points at the object', choices=_AXES)
    closing: str = setting('y', doc='axis of the tool along which fingers close', choices=_AXES)


@dataclass(frozen=True)
class RobotContract:
    """A validated robot contract; build it with `load_contract`."""

    schema: int = setting(doc='version of this format', lower=1, upper=1)
    name: str = setting(doc='name of the robot')
    joints: tuple[Joint, ...] = setting(doc='every commanded joint')
    state: Features = setting(doc='observation.state of the policy')
    action: Action = setting(doc='action of the policy')
    cameras: tuple[Camera, ...] = setting(doc='cameras the policy sees')
    workspace: Workspace = setting(doc='Cartesian limits, in the base frame')
    rates: Rates = setting(doc='loop rates')
    deadlines: Deadlines = setting(doc='largest ages')
    model: Model = setting(doc='kinematic and visual model')
    channels: tuple[Channel, ...] = setting(
        (), doc='controllers and their joints; empty: one controller takes all joints'
    )
    joint_states: tuple[str, ...] = setting(
        ('joint_states',), doc='topics of the measured joints, merged by name'
    )
    sha256: str = setting('', doc='hash of the file, filled on load')

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of all joints in the contract's own order."""
        return tuple(joint.name for joint in self.joints)

    @property
    def arm(self) -> tuple[int, ...]:
        """Indices of the joints that are not grippers."""
        return tuple(i for i, joint in enumerate(self.joints) if joint.type != 'gripper')

    @property
    def grippers(self) -> tuple[int, ...]:
        """Indices of the gripper joints: never smoothed, opened or closed with hysteresis."""
        return tuple(i for i, joint in enumerate(self.joints) if joint.type == 'gripper')

    @property
    def home(self) -> Vector:
        """Rest position, shape (D,) [rad or m]."""
        return array([joint.home for joint in self.joints])

    def camera(self, name: str) -> Camera:
        """Return a camera by name.

        Raises:
            UnknownNameError: the contract has no such camera; lists those it has.
        """
        for camera in self.cameras:
            if camera.name == name:
                return camera
        known = [camera.name for camera in self.cameras]
        raise UnknownNameError('camera', name, f'contract {self.name}', known)


def load_contract(robot: str) -> RobotContract:
    """Load and validate the contract of a robot, by name or path.

    Args:
        robot: a name under config/robots, or the path of a YAML file.

    Raises:
        ContractError: a value is missing, unknown, out of range or contradicts another.
        ResourceNotFoundError: there is no such file.
    """
    path = find_config('robots', robot)
    values = load_yaml(path)
    values['sha256'] = hashlib.sha256(path.read_bytes()).hexdigest()
    contract = build(RobotContract, values, str(path))
    _check_consistency(contract, path)
    return contract


def _check_consistency(contract: RobotContract, path: Path) -> None:
    known = contract.joint_names
    if len(set(known)) != len(known):
        raise NameMismatchError(f'{path}: joints', sorted(set(known)), known)
    for what, names in (('state', contract.state.names), ('action', contract.action.names)):
        if sorted(names) != sorted(known):
            raise NameMismatchError(f'{path}: {what}.names', known, names)
    _check_action(contract, path)
    check_workspace(contract.workspace, str(path))
    grippers = [known[i] for i in contract.grippers]
    check_channels(contract.channels, known, grippers, str(path))
    if not contract.joint_states:
        raise ContractError(f'{path}: joint_states: found none; allowed: one topic or more')
    for joint in contract.joints:
        if not joint.lower < joint.upper or not joint.lower <= joint.home <= joint.upper:
            raise ContractError(
                f'{path}: joint {joint.name}: lower {joint.lower:g} <= home {joint.home:g} <= '
                f'upper {joint.upper:g} does not hold'
            )
    if contract.model.approach == contract.model.closing:
        raise ContractError(
            f'{path}: model.approach and model.closing: found {contract.model.closing} for both; '
            'allowed: two different axes'
        )
    for group, keys in (
        ('camera names', [camera.name for camera in contract.cameras]),
        ('camera features', [camera.feature for camera in contract.cameras]),
    ):
        if len(set(keys)) != len(keys):
            raise NameMismatchError(f'{path}: {group}', sorted(set(keys)), keys)


def _check_action(contract: RobotContract, path: Path) -> None:
    action = contract.action
    if (action.end_effector is not None) != (action.kind == END_EFFECTOR_DELTA):
        found = 'nothing' if action.end_effector is None else 'a section'
        raise ContractError(
            f'{path}: action.end_effector: found {found} with kind {action.kind}; allowed: a '
            f'section with kind {END_EFFECTOR_DELTA}, nothing with {JOINT_POSITION}'
        )
    delta = action.end_effector
    if delta is not None and delta.gripper_open == delta.gripper_closed:
        raise ContractError(
            f'{path}: action.end_effector: gripper_open and gripper_closed are both '
            f'{delta.gripper_open:g}; allowed: two different numbers'
        )
