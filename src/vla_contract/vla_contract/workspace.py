"""Where the arm may be: control points on links, boxes and planes, pairs that must not meet."""

from dataclasses import dataclass
import math

import numpy as np
from vla_contract.errors import ContractError, NameMismatchError, UnknownNameError
from vla_contract.schema import setting
from vla_contract.values import Vector

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class ControlPoint:
    """A sphere fixed to a link, for which boxes, planes and the speed limit hold."""

    name: str = setting(doc='short name')
    body: str = setting(doc='body of the model')
    offset: Triple = setting((0.0, 0.0, 0.0), doc='centre in the frame of the body', unit='m')
    radius: float = setting(0.0, doc='radius of the sphere', unit='m', lower=0.0)


@dataclass(frozen=True)
class Box:
    """An axis-aligned box in the base frame that control points must not leave."""

    name: str = setting(doc='short name')
    lower: Triple = setting(doc='smallest corner', unit='m')
    upper: Triple = setting(doc='largest corner', unit='m')
    points: tuple[str, ...] = setting((), doc='control points that must stay inside; empty: all')


@dataclass(frozen=True)
class Plane:
    """A plane in the base frame whose far side no control point may enter."""

    name: str = setting(doc='short name')
    point: Triple = setting(doc='any point of the plane', unit='m')
    normal: Triple = setting(doc='direction of the allowed side; any length but zero')
    points: tuple[str, ...] = setting((), doc='control points kept off it; empty: all')


@dataclass(frozen=True)
class Capsule:
    """A link as a line with a radius, for self-collision."""

    name: str = setting(doc='short name')
    body: str = setting(doc='body of the model')
    start: Triple = setting(doc='one end of the axis, in the frame of the body', unit='m')
    end: Triple = setting(doc='the other end', unit='m')
    radius: float = setting(doc='radius', unit='m', lower=1e-3)


@dataclass(frozen=True)
class Workspace:
    """Cartesian limits of the arm in the base frame."""

    speed: float = setting(doc='fastest control point', unit='m/s', lower=1e-3)
    deceleration: float = setting(
        2.0, doc='with which a control point brakes before a limit', unit='m/s2', lower=0.01
    )
    margin: float = setting(0.01, doc='distance kept from boxes and planes', unit='m', lower=0.0)
    clearance: float = setting(0.02, doc='distance kept between links', unit='m', lower=0.0)
    control_points: tuple[ControlPoint, ...] = setting((), doc='points that are limited')
    boxes: tuple[Box, ...] = setting((), doc='boxes to stay in')
    planes: tuple[Plane, ...] = setting((), doc='planes to stay above')
    capsules: tuple[Capsule, ...] = setting((), doc='shapes of links')
    self_collision: tuple[tuple[str, str], ...] = setting(
        (), doc='pairs of capsules that must not meet'
    )


@dataclass(frozen=True, eq=False)
class Wall:
    """One side of a box, or a plane, for one control point: normal . p - offset >= 0.

    Attributes:
        name: zone and control point.
        point: index of the control point.
        normal: unit vector to the allowed side, shape (3,).
        offset: of the wall, with the sphere's radius and the margin [m].
    """

    name: str
    point: int
    normal: Vector
    offset: float


def walls_of(workspace: Workspace) -> list[Wall]:
    """Return every wall that boxes and planes make for the control points."""
    walls = []
    for point, sphere in enumerate(workspace.control_points):
        reach = sphere.radius + workspace.margin
        for plane in workspace.planes:
            if plane.points and sphere.name not in plane.points:
                continue
            normal = np.array(plane.normal) / np.linalg.norm(plane.normal)
            offset = float(normal @ plane.point) + reach
            walls.append(Wall(f'{plane.name} {sphere.name}', point, normal, offset))
        for box in workspace.boxes:
            if box.points and sphere.name not in box.points:
                continue
            name = f'{box.name} {sphere.name}'
            for axis in np.eye(3):
                walls.append(Wall(name, point, axis, float(axis @ box.lower) + reach))
                walls.append(Wall(name, point, -axis, reach - float(axis @ box.upper)))
    return walls


def check_workspace(workspace: Workspace, where: str) -> None:
    """Check what one field alone cannot show.

    Raises:
        ContractError: a name is unknown or used twice, a box is empty, a normal is zero.
    """
    points = [point.name for point in workspace.control_points]
    capsules = [capsule.name for capsule in workspace.capsules]
    zones: list[Box | Plane] = [*workspace.boxes, *workspace.planes]
    for what, names in (
        ('control_points', points),
        ('capsules', capsules),
        ('zones', [zone.name for zone in zones]),
    ):
        if len(set(names)) != len(names):
            raise NameMismatchError(f'{where}: workspace {what}', sorted(set(names)), names)
    for zone in zones:
        for name in set(zone.points) - set(points):
            raise UnknownNameError('control point', name, f'{where}: {zone.name}', points)
    for pair in workspace.self_collision:
        for name in set(pair) - set(capsules):
            raise UnknownNameError('capsule', name, f'{where}: self_collision', capsules)
    for box in workspace.boxes:
        if any(low >= high for low, high in zip(box.lower, box.upper, strict=True)):
            raise ContractError(
                f'{where}: workspace box {box.name}: lower {box.lower} must be below upper '
                f'{box.upper} in every direction'
            )
    for plane in workspace.planes:
        if math.hypot(*plane.normal) == 0.0:
            raise ContractError(
                f'{where}: workspace plane {plane.name}: normal is zero; allowed: any direction'
            )
