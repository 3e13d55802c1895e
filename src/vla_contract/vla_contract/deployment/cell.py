"""The cell: which robot stands where, what surrounds it, and the cameras that see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy import array
from vla_contract.cameras.encodings import ENCODINGS
from vla_contract.deployment.channels import Channel
from vla_contract.deployment.geometry import Geometry, Triple
from vla_contract.deployment.joint_sources import joint_sources, JointSource
from vla_contract.deployment.meaning import with_hash
from vla_contract.deployment.overrides import overridden
from vla_contract.deployment.placing import combined, PlacedRobot
from vla_contract.deployment.robot import (
    ARM,
    build_robot,
    GRIPPER,
    Joint,
    Rates,
    require_distinct,
    Robot,
)
from vla_contract.deployment.robot import (
    KIND as ROBOTS,
)
from vla_contract.deployment.workspace import check_workspace, Workspace
from vla_contract.errors import ContractError, SettingError, UnknownNameError
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import find_config
from vla_contract.values import Vector

KIND = 'cells'
Colour = tuple[float, float, float, float]


@dataclass(frozen=True)
class Placement:
    """Where a simulated camera stands: looking at a point, or as calibrated."""

    eye_m: Triple | None = setting(None, doc='position, base frame', unit='m')
    target_m: Triple | None = setting(None, doc='point in the image centre', unit='m')
    fovy_deg: float | None = setting(
        None, doc='vertical field of view', unit='deg', lower=1.0, upper=170.0
    )
    calibration: str = setting('', doc="instead of these: 'cell/camera' or path of a file")

    def __post_init__(self) -> None:
        given = [self.eye_m is not None, self.target_m is not None, self.fovy_deg is not None]
        if any(given) if self.calibration else not all(given):
            raise ContractError(
                'placement of a camera: give either eye_m, target_m and fovy_deg, or calibration'
            )

    def look(self) -> tuple[Triple, Triple, float]:
        """Return eye [m], target [m] and field of view [deg].

        Raises:
            ContractError: the camera stands as calibrated.
        """
        if self.eye_m is None or self.target_m is None or self.fovy_deg is None:
            raise ContractError('placement of a camera: it stands as calibrated')
        return self.eye_m, self.target_m, self.fovy_deg


@dataclass(frozen=True)
class Camera:
    """One camera: where it publishes and what it sees."""

    name: str = setting(doc='short name')
    topic: str = setting(doc='namespace that holds image_raw and camera_info')
    frame: str = setting(doc='optical frame, z forward')
    width: int = setting(doc='image width', unit='px', lower=1)
    height: int = setting(doc='image height', unit='px', lower=1)
    rate_hz: float = setting(doc='frames per second', unit='Hz', lower=0.1)
    encoding: str = setting(doc='pixel format of the topic', choices=tuple(ENCODINGS))
    placement: Placement | None = setting(None, doc='where it stands in the simulator')
    transport: str = setting(
        'raw',
        doc='how images come: topic/image_raw, or JPEG or PNG on topic/image_raw/compressed',
        choices=('raw', 'compressed'),
    )

    @property
    def is_compressed(self) -> bool:
        """Whether its images come compressed."""
        return self.transport == 'compressed'

    @property
    def image_topic(self) -> str:
        """The topic of its images."""
        return f'{self.topic}/image_raw' + '/compressed' * self.is_compressed


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
class Table:
    """The table; its top is z = 0 of the base frame."""

    size_m: Triple = setting(doc='edges', unit='m', lower=1e-3)
    centre_m: tuple[float, float] = setting(doc='centre of the top', unit='m')
    rgba: Colour = setting(doc='colour', lower=0.0, upper=1.0)


@dataclass(frozen=True)
class Obstacle:
    """A box that does not move: a wall, a fixture, the edge of a crate."""

    name: str = setting(doc='name in the model')
    size_m: Triple = setting(doc='edges', unit='m', lower=1e-3)
    centre_m: Triple = setting(doc='centre, base frame', unit='m')
    rgba: Colour = setting((0.5, 0.5, 0.55, 1.0), doc='colour', lower=0.0, upper=1.0)


@dataclass(frozen=True)
class Cell:
    """A validated cell; build it with `load_cell`. Joints are in the order of the robots."""

    schema: int = setting(doc='version of this format', lower=1, upper=1)
    name: str = setting(doc='name of the cell')
    robots: tuple[PlacedRobot, ...] = setting(doc='the robots, and where they stand')
    cameras: tuple[Camera, ...] = setting(doc='the cameras')
    workspace: Workspace = setting(doc='Cartesian limits, in the base frame')
    deadlines: Deadlines = setting(doc='largest ages')
    table: Table | None = setting(None, doc='the table; the simulator needs one')
    obstacles: tuple[Obstacle, ...] = setting((), doc='boxes that do not move')
    frame: str = setting('world', doc='frame of the cell, where several robots stand in it')
    keep_apart: tuple[tuple[str, str], ...] = setting(
        (), doc='pairs of capsules that must not meet, beside those of each robot'
    )
    sha256: str = setting('', doc='hash of the meaning, robots included, filled on load')

    @cached_property
    def robot(self) -> Robot:
        """The robot; several as one, each name with the prefix of its robot."""
        return combined(self.robots, self.frame, self.keep_apart, f'cell {self.name}')

    @property
    def joints(self) -> tuple[Joint, ...]:
        """Every commanded joint."""
        return self.robot.joints

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of all joints."""
        return self.robot.joint_names

    @cached_property
    def arm(self) -> tuple[int, ...]:
        """Indices of the joints that are not grippers."""
        return self.robot.indices(ARM)

    @cached_property
    def grippers(self) -> tuple[int, ...]:
        """Indices of the gripper joints: never smoothed, opened or closed with hysteresis."""
        return self.robot.indices(GRIPPER)

    @property
    def home(self) -> Vector:
        """Rest position, shape (D,) [rad or m]."""
        return array([joint.home for joint in self.joints])

    @property
    def geometry(self) -> Geometry:
        """Control points and links that keep their distance."""
        return self.robot.geometry

    @property
    def rates(self) -> Rates:
        """How often the loops run."""
        return self.robot.rates

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Controllers and their joints; empty: one controller takes all joints."""
        return self.robot.channels

    @cached_property
    def joint_sources(self) -> tuple[JointSource, ...]:
        """Topics of the measured joints, merged by name."""
        return joint_sources(self.robots)

    def carrier_of(self, tool: str) -> PlacedRobot:
        """Return the robot that carries a tool, and where it stands.

        Raises:
            UnknownNameError: no robot of the cell has such a tool; lists those there are.
        """
        carriers = {
            placed.prefix + own.name: placed
            for placed in self.robots
            for own in placed.robot.tools
        }
        if tool not in carriers:
            raise UnknownNameError('tool', tool, f'cell {self.name}', carriers)
        return carriers[tool]

    def camera(self, name: str) -> Camera:
        """Return a camera by name.

        Raises:
            UnknownNameError: the cell has no such camera; lists those it has.
        """
        for camera in self.cameras:
            if camera.name == name:
                return camera
        known = [camera.name for camera in self.cameras]
        raise UnknownNameError('camera', name, f'cell {self.name}', known)


def load_cell(cell: str, overrides: Mapping[str, Any] | None = None) -> Cell:
    """Load and validate a cell and the robots in it.

    Args:
        cell: a name under config/cells, or the path of a YAML file.
        overrides: values by dotted path, such as `cell.deadlines.image_age_s`; see `overridden`.

    Raises:
        ContractError: a value is missing, unknown, out of range or contradicts another.
        ResourceNotFoundError: there is no such file.
    """
    path = find_config(KIND, cell)
    values = overridden(load_yaml(path), 'cell', overrides)
    placed = values.get('robots')
    if not isinstance(placed, list) or not placed:
        given = 'none' if placed == [] else type(placed).__name__
        raise SettingError(str(path), 'robots', given, 'a list of - robot: NAME')
    values['robots'] = [
        entry | {'robot': _load_robot(str(entry['robot']), path, overrides)}
        if isinstance(entry, dict) and 'robot' in entry
        else entry
        for entry in placed
    ]
    found = build(Cell, values, str(path))
    require_distinct(f'{path}: camera names', [camera.name for camera in found.cameras])
    points = [point.name for point in found.geometry.control_points]
    check_workspace(found.workspace, points, str(path))
    return with_hash(found)


def _load_robot(robot: str, cell: Any, overrides: Mapping[str, Any] | None) -> Robot:
    path = find_config(ROBOTS, robot, cell.parent)
    return build_robot(overridden(load_yaml(path), 'robot', overrides), path)
