"""Where control points may be: boxes to stay in, planes to stay above."""

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from vla_contract.deployment.geometry import ControlPoint, Triple
from vla_contract.errors import ContractError, NameMismatchError, UnknownNameError
from vla_contract.schema import setting
from vla_contract.values import Vector


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
class Workspace:
    """Cartesian limits of the arm in the base frame."""

    speed: float = setting(doc='fastest control point', unit='m/s', lower=1e-3)
    deceleration: float = setting(
        2.0, doc='with which a control point brakes before a limit', unit='m/s2', lower=0.01
    )
    margin: float = setting(0.01, doc='distance kept from boxes and planes', unit='m', lower=0.0)
    clearance: float = setting(0.02, doc='distance kept between links', unit='m', lower=0.0)
    boxes: tuple[Box, ...] = setting((), doc='boxes to stay in')
    planes: tuple[Plane, ...] = setting((), doc='planes to stay above')


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


def walls_of(workspace: Workspace, points: Sequence[ControlPoint]) -> list[Wall]:
    """Return every wall that boxes and planes make for the control points."""
    walls = []
    for point, sphere in enumerate(points):
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


def check_workspace(workspace: Workspace, points: Sequence[str], where: str) -> None:
    """Check what one field alone cannot show.

    Args:
        workspace: as read.
        points: names of the control points.
        where: file, for the message.

    Raises:
        ContractError: a name is unknown or used twice, a box is empty, a normal is zero.
    """
    zones: list[Box | Plane] = [*workspace.boxes, *workspace.planes]
    names = [zone.name for zone in zones]
    if len(set(names)) != len(names):
        raise NameMismatchError(f'{where}: workspace zones', sorted(set(names)), names)
    for zone in zones:
        for name in set(zone.points) - set(points):
            raise UnknownNameError('control point', name, f'{where}: {zone.name}', points)
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
