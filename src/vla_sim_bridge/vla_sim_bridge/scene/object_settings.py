"""What a task's file says about the objects of its simulation, and where they begin."""

from collections.abc import Mapping
from dataclasses import dataclass

from vla_contract.deployment.cell import Colour
from vla_contract.deployment.geometry import Triple
from vla_contract.schema import setting

BOX, CYLINDER, SPHERE, CAPSULE = 'box', 'cylinder', 'sphere', 'capsule'
OPEN_BOX, MESH, MJCF = 'open_box', 'mesh', 'mjcf'
SIZES = {BOX: 3, CYLINDER: 2, SPHERE: 1, CAPSULE: 2, OPEN_BOX: 4, MESH: 0, MJCF: 0}
"""How many numbers say how large an object is: those of a box are its edges, of a cylinder and a
capsule diameter and height, of a sphere its diameter, of an open box outer edges and wall."""
FROM_FILE = (MESH, MJCF)
Interval = tuple[float, float]


@dataclass(frozen=True)
class AreaConfig:
    """Where objects begin: their centres are drawn from a rectangle on the table."""

    x_m: Interval = setting(doc='base frame', unit='m', lower=-5.0, upper=5.0)
    y_m: Interval = setting(doc='base frame', unit='m', lower=-5.0, upper=5.0)
    yaw_deg: Interval = setting(
        (-180.0, 180.0), doc='how far they may be turned', unit='deg', lower=-180.0, upper=180.0
    )
    apart_m: float = setting(
        0.0, doc='least distance between centres', unit='m', lower=0.0, upper=2.0
    )


@dataclass(frozen=True)
class GraspConfig:
    """How the fingers of the scripted expert take an object, from above."""

    width_m: float = setting(doc='of what is between the fingers', unit='m', lower=1e-3, upper=0.3)
    centre_m: Triple = setting(
        (0.0, 0.0, 0.0), doc="where they close, the object's frame", unit='m'
    )
    yaw_deg: float = setting(
        0.0, doc="turn about its z of the y axis along which they close", unit='deg',
        lower=-180.0, upper=180.0,
    )  # fmt: skip
    turns: int = setting(
        1, doc='in how many directions it is taken alike; 0: in any', lower=0, upper=4
    )


@dataclass(frozen=True)
class InnerConfig:
    """The room inside a container, a box in the container's frame."""

    centre_m: Triple = setting(doc='its middle', unit='m')
    size_m: Triple = setting(doc='its edges', unit='m', lower=1e-3, upper=2.0)
    frame: str = setting('', doc='one of its frames that moves with it; none: its own')


@dataclass(frozen=True)
class ObjectConfig:
    """One object; its name in the model is its key."""

    shape: str = setting(doc='kind of shape', choices=tuple(SIZES))
    size_m: tuple[float, ...] = setting(
        (), doc='edges; diameter and height; outer edges and wall', unit='m', lower=1e-3, upper=2.0
    )
    file: str = setting('', doc='of a mesh or an MJCF: beside the task, or package://NAME/path')
    scale: float = setting(1.0, doc='of the mesh', lower=1e-4, upper=1e4)
    mass_kg: float | None = setting(
        None, doc='mass; an MJCF has its own', unit='kg', lower=1e-3, upper=100.0
    )
    friction: float | None = setting(
        None, doc='sliding friction; none: 1.0, or what an MJCF says', lower=0.0, upper=10.0
    )
    rgba: Colour | None = setting(None, doc='colour', lower=0.0, upper=1.0)
    fixed: bool = setting(False, doc='stands where it begins and cannot be moved')
    area: str = setting('', doc='where it begins, one of areas; needed unless it lies on another')
    stands_on: str = setting('', doc='the object it begins on, or in')
    said: str = setting('', doc='what an instruction calls it, in place of {target}')
    tags: tuple[str, ...] = setting((), doc='words by which randomisation addresses it')
    frames: tuple[str, ...] = setting((), doc='bodies or sites of an MJCF that the task names')
    grasp: GraspConfig | None = setting(None, doc='how fingers take it; plain shapes say so alone')
    inner: InnerConfig | None = setting(None, doc='its inside; an open box says so alone')


def half_extent(config: ObjectConfig) -> tuple[float, float, float] | None:
    """Return half of what a plain shape takes up along its axes [m]; None for one of a file."""
    if config.shape in FROM_FILE:
        return None
    size = config.size_m
    if config.shape in (BOX, OPEN_BOX):
        return size[0] / 2, size[1] / 2, size[2] / 2
    return size[0] / 2, size[0] / 2, size[-1] / 2


def movable(objects: Mapping[str, ObjectConfig]) -> tuple[str, ...]:
    """Return the names of the objects that are not fixed."""
    return tuple(name for name, config in objects.items() if not config.fixed)
