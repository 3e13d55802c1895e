"""The shape of a robot for distances: control points on links, links as capsules, pairs apart."""

from dataclasses import dataclass

from vla_contract.errors import NameMismatchError, UnknownNameError
from vla_contract.schema import setting

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class ControlPoint:
    """A sphere fixed to a link, for which boxes, planes and the speed limit hold."""

    name: str = setting(doc='short name')
    body: str = setting(doc='body of the model')
    offset: Triple = setting((0.0, 0.0, 0.0), doc='centre in the frame of the body', unit='m')
    radius: float = setting(0.0, doc='radius of the sphere', unit='m', lower=0.0)


@dataclass(frozen=True)
class Capsule:
    """A link as a line with a radius, for self-collision."""

    name: str = setting(doc='short name')
    body: str = setting(doc='body of the model')
    start: Triple = setting(doc='one end of the axis, in the frame of the body', unit='m')
    end: Triple = setting(doc='the other end', unit='m')
    radius: float = setting(doc='radius', unit='m', lower=1e-3)


@dataclass(frozen=True)
class Geometry:
    """What of the robot is kept from walls and from itself."""

    control_points: tuple[ControlPoint, ...] = setting((), doc='points that are limited')
    capsules: tuple[Capsule, ...] = setting((), doc='shapes of links')
    self_collision: tuple[tuple[str, str], ...] = setting(
        (), doc='pairs of capsules that must not meet'
    )


def check_geometry(geometry: Geometry, where: str) -> None:
    """Check what one field alone cannot show.

    Raises:
        NameMismatchError: a name stands twice.
        UnknownNameError: a pair names a capsule that there is not.
    """
    capsules = [capsule.name for capsule in geometry.capsules]
    points = [point.name for point in geometry.control_points]
    for what, names in (('control_points', points), ('capsules', capsules)):
        if len(set(names)) != len(names):
            raise NameMismatchError(f'{where}: geometry {what}', sorted(set(names)), names)
    for pair in geometry.self_collision:
        for name in set(pair) - set(capsules):
            raise UnknownNameError('capsule', name, f'{where}: self_collision', capsules)
