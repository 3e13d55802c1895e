"""Add the objects of a task to a MuJoCo world: plain shapes, meshes, and parts from MJCF files."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import mujoco
import numpy as np
from vla_contract.description.locating import described_file
from vla_contract.errors import SimError
from vla_contract.values import Vector
from vla_sim_bridge.scene.extras import add_texture, OBJECT, SceneExtras
from vla_sim_bridge.scene.object_settings import (
    AreaConfig,
    BOX,
    CAPSULE,
    CYLINDER,
    half_extent,
    MESH,
    MJCF,
    ObjectConfig,
    SPHERE,
)
from vla_sim_bridge.scene.simulated_task import SimulatedTask

_GEOM = mujoco.mjtGeom
_PRIMITIVES = {
    BOX: _GEOM.mjGEOM_BOX,
    CYLINDER: _GEOM.mjGEOM_CYLINDER,
    SPHERE: _GEOM.mjGEOM_SPHERE,
    CAPSULE: _GEOM.mjGEOM_CAPSULE,
}
_GREY = (0.6, 0.6, 0.6, 1.0)


def add_objects(
    spec: mujoco.MjSpec,
    objects: Mapping[str, ObjectConfig],
    areas: Mapping[str, AreaConfig],
    folder: str,
    extras: SceneExtras,
) -> dict[str, tuple[str, ...]]:
    """Add every object; until an episode begins they stand in a row from the middle of an area.

    Args:
        spec: the world.
        objects: by name.
        areas: by name.
        folder: of the task, from which files are found.
        extras: which textures to compile.

    Returns:
        The names of the geoms of each object by the object's name.

    Raises:
        ResourceNotFoundError: a file is missing.
        SimError: a file cannot be read, holds more than one body, or lacks a frame that the task
            names.
    """
    found = {}
    for number, (name, config) in enumerate(objects.items()):
        place = _row_place(config, areas, number)
        if config.shape == MJCF:
            body = _attached(spec, name, config, folder)
            body.pos, body.quat = place, [1.0, 0.0, 0.0, 0.0]
        else:
            body = spec.worldbody.add_body(name=name, pos=place)
        # What is fixed is moved between episodes all the same, by its place in the model.
        if not config.fixed:
            body.add_freejoint(name=name)
        if config.shape == MESH:
            _add_mesh(spec, body, name, config, folder)
        elif config.shape != MJCF:
            for k, (shape, size, position) in enumerate(_parts(config)):
                _add_geom(body, name if k == 0 else f'{name}_{k}', config, shape, size, position)
        geoms = list(_geoms(body))
        for k, geom in enumerate(geoms):
            geom.name = geom.name or f'{name}/geom_{k}'
            if config.shape not in (MESH, MJCF):
                add_texture(spec, geom, OBJECT, extras)
        found[name] = tuple(geom.name for geom in geoms)
    return found


def _row_place(config: ObjectConfig, areas: Mapping[str, AreaConfig], number: int) -> Vector:
    area = areas.get(config.area)
    x, y = (sum(area.x_m) / 2, sum(area.y_m) / 2) if area else (0.0, 0.0)
    half = half_extent(config)
    return np.array([x, y + 0.1 * number, half[2] if half else 0.0])


def _parts(config: ObjectConfig) -> Iterator[tuple[str, list[float], tuple[float, ...]]]:
    """Yield shape, half sizes as MuJoCo has them, and place of each part of a plain shape."""
    size = config.size_m
    if config.shape == BOX:
        yield BOX, [edge / 2 for edge in size], (0.0, 0.0, 0.0)
    elif config.shape == SPHERE:
        yield SPHERE, [size[0] / 2], (0.0, 0.0, 0.0)
    elif config.shape == CYLINDER:
        yield CYLINDER, [size[0] / 2, size[1] / 2], (0.0, 0.0, 0.0)
    elif config.shape == CAPSULE:
        radius = size[0] / 2
        yield CAPSULE, [radius, size[1] / 2 - radius], (0.0, 0.0, 0.0)
    else:
        x, y, z = (edge / 2 for edge in size[:3])
        wall = size[3] / 2
        yield BOX, [x, y, wall], (0.0, 0.0, wall - z)
        for side in (-1.0, 1.0):
            yield BOX, [wall, y, z], (side * (x - wall), 0.0, 0.0)
            yield BOX, [x, wall, z], (0.0, side * (y - wall), 0.0)


def _add_geom(
    body: mujoco.MjsBody,
    name: str,
    config: ObjectConfig,
    shape: str,
    size: list[float],
    position: tuple[float, ...],
) -> None:
    parts = sum(1 for _ in _parts(config))
    body.add_geom(
        name=name,
        type=_PRIMITIVES[shape],
        size=size + [0.0] * (3 - len(size)),
        pos=position,
        mass=(config.mass_kg or 1.0) / parts,
        **_surface(config),
    )


def _add_mesh(
    spec: mujoco.MjSpec, body: mujoco.MjsBody, name: str, config: ObjectConfig, folder: str
) -> None:
    path = described_file(config.file, Path(folder))
    spec.add_mesh(name=name, file=str(path), scale=[config.scale] * 3)
    body.add_geom(
        name=name,
        type=_GEOM.mjGEOM_MESH,
        meshname=name,
        mass=config.mass_kg or 1.0,
        **_surface(config),
    )


def _surface(config: ObjectConfig) -> dict[str, object]:
    return {
        'friction': [1.0 if config.friction is None else config.friction, 0.005, 0.0001],
        'condim': 4,
        'rgba': config.rgba or _GREY,
    }


def _attached(spec: mujoco.MjSpec, name: str, config: ObjectConfig, folder: str) -> mujoco.MjsBody:
    """Add the body of an MJCF, with the names of its parts behind the object's."""
    child = read_file(f'object {name}', config.file, folder)
    known = {element.name for element in (*child.bodies, *child.sites) if element.name}
    for frame in config.frames:
        if frame not in known:
            listed = ', '.join(sorted(known - {'world'}))
            raise SimError(f"object {name}: frame '{frame}' is not in {config.file}: {listed}")
    bodies, geoms = list(child.worldbody.bodies), list(child.worldbody.geoms)
    if len(bodies) != 1 or geoms:
        raise SimError(
            f'object {name}: {config.file}: found {len(bodies)} bodies and {len(geoms)} geoms in '
            'its world; allowed: one body that holds everything'
        )
    for joint in list(child.joints):
        # The object as a whole moves by a joint of its own.
        if joint.type == mujoco.mjtJoint.mjJNT_FREE:
            child.delete(joint)
    for geom in child.geoms if config.friction is not None else ():
        geom.friction[0] = config.friction
    body = spec.worldbody.add_frame().attach_body(bodies[0], f'{name}/', '')
    body.name = name
    return body


def _geoms(body: mujoco.MjsBody) -> Iterator['mujoco.MjsGeom']:
    yield from body.geoms
    for inner in body.bodies:
        yield from _geoms(inner)


def add_room(spec: mujoco.MjSpec, config: SimulatedTask) -> None:
    """Add the MJCF file that a task names as its scene, in the base frame, names behind scene/.

    Raises:
        ResourceNotFoundError: the file is missing.
        SimError: it cannot be read.
    """
    if not config.scene:
        return
    child = read_file('scene', config.scene, config.folder)
    spec.attach(child, prefix='scene/', frame=spec.worldbody.add_frame())


def read_file(what: str, file: str, folder: str) -> mujoco.MjSpec:
    """Read an MJCF file of a task without its cameras, lights and free joints.

    Args:
        what: names it in error messages.
        file: path from the folder, or package://NAME/path.
        folder: of the task.

    Raises:
        ResourceNotFoundError: the file is missing.
        SimError: it cannot be read.
    """
    path = described_file(file, Path(folder))
    try:
        child = mujoco.MjSpec.from_file(str(path))
    except ValueError as error:
        raise SimError(f'{what}: {path} cannot be read: {error}') from error
    for element in (*child.cameras, *child.lights, *child.keys):
        child.delete(element)
    return child
