"""A robot's model as MuJoCo reads it: one file, or several that are put on one another."""

from collections.abc import Callable
from pathlib import Path
import re
import warnings

import mujoco
import numpy as np
from vla_contract import so3
from vla_contract.deployment.robot import Robot
from vla_contract.deployment.robot_model import Model, ModelFile, Part, WORLD
from vla_contract.deployment.tool import Tool
from vla_contract.description.locating import model_path
from vla_contract.description.urdf import prepared_file
from vla_contract.errors import ContractError, UnknownNameError
from vla_contract.transforms import wxyz_from_xyzw

# What cameras show; see vla_sim_bridge.scene.robot_spec.
_VISUAL, _COLLISION = 2, 3


def read_robot(robot: Robot) -> mujoco.MjSpec:
    """Read a robot's model with its tools: each tool centre point is a site of the model.

    Raises:
        ResourceNotFoundError: a package or a file is missing.
        ContractError: a file cannot be read, or lacks a body that the robot names.
    """
    spec = read_spec(robot.model)
    for tool in robot.tools:
        if tool.body:
            body = _body(spec, tool.body, f'tool {tool.name} of robot {robot.name}')
            quaternion = _wxyz(tool.rpy_deg)
            body.add_site(name=tool.point, pos=tool.position_m, quat=quaternion)
        for name in tool.finger_bodies:
            fingers = _body(spec, name, f'finger_bodies of robot {robot.name}').geoms
            for number, geom in enumerate(geom for geom in fingers if _touches(geom)):
                geom.name = geom.name or f'{name}/pad{number}'
    return spec


def finger_geoms(spec: mujoco.MjSpec, tool: Tool) -> tuple[str, ...]:
    """Return the names of the geoms with which a tool holds, of a robot read by `read_robot`."""
    names = list(tool.finger_geoms)
    for body in tool.finger_bodies:
        names += [geom.name for geom in spec.body(body).geoms if _touches(geom)]
    return tuple(dict.fromkeys(names))


def read_spec(model: Model) -> mujoco.MjSpec:
    """Read the files of a model and join them.

    Keyframes are left out: they describe whole scenes, and what is taken is a part.

    Raises:
        ResourceNotFoundError: a package or a file is missing.
        ContractError: there is no model, MuJoCo cannot read a file, or a part's place is missing.
    """
    if not model.is_given:
        raise ContractError(
            'robot model: found none; allowed here: a model with mjcf, urdf or xacro'
        )
    spec = _read_file(model) if model.format else mujoco.MjSpec()
    for part in model.parts:
        _attach(spec, part)
    return spec


def compiled[T](what: object, compile_: Callable[[], T]) -> T:
    """Return what a compilation gives; what MuJoCo refuses becomes one sentence.

    Args:
        what: name of the model, for the message.
        compile_: calls MuJoCo.

    Raises:
        ContractError: MuJoCo refuses.
    """
    try:
        with warnings.catch_warnings():
            # A part without a prefix keeps its names, which is what it has none for.
            warnings.filterwarnings('ignore', 'Attaching a spec with an empty prefix')
            return compile_()
    except (ValueError, mujoco.FatalError) as error:
        line = re.sub(r'\s+', ' ', str(error)).strip()
        raise ContractError(f'{what}: MuJoCo cannot read the model: {line}') from error


def _read_file(file: ModelFile) -> mujoco.MjSpec:
    path = model_path(file)
    if file.format == 'mjcf':
        spec = compiled(path, lambda: mujoco.MjSpec.from_file(str(path)))
    else:
        spec = _read_urdf(file, path)
    for key in list(spec.keys):
        spec.delete(key)
    return spec


def _read_urdf(file: ModelFile, path: Path) -> mujoco.MjSpec:
    prepared = prepared_file(file)
    spec = compiled(path, lambda: mujoco.MjSpec.from_string(prepared.text))
    for geom in spec.geoms:
        # The groups that the models of this field use: 2 is for the eye, 3 for contacts.
        geom.group = _COLLISION if _touches(geom) else _VISUAL
        # A link weighs what its inertial says.
        geom.mass = 0.0
    for mesh in spec.meshes:
        # Its volume is asked for all the same, and an open mesh has none.
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
    return spec


def _touches(geom: mujoco.MjsGeom) -> bool:
    return bool(geom.contype or geom.conaffinity)


def _attach(spec: mujoco.MjSpec, part: Part) -> None:
    """Put a part on a body or a site of what was read before it."""
    where = f'part {part.path}'
    other = _read_file(part)
    take_settings(other, spec)
    if part.to_site:
        sites = {site.name: site for site in spec.sites}
        if part.to_site not in sites:
            raise UnknownNameError('site', part.to_site, f'what {where} is put on', sites)
        site = sites[part.to_site]
        carrier, outer = site.parent, _frame_at(site)
    else:
        carrier = spec.worldbody if part.to_body == WORLD else _body(spec, part.to_body, where)
        outer = carrier.add_frame()
    frame = carrier.add_frame(pos=part.position_m, quat=_wxyz(part.rpy_deg))
    frame.set_frame(outer)
    if part.body and part.body != WORLD:
        at_origin(_body(other, part.body, where))
        frame.attach_body(other.body(part.body), part.prefix, '')
    else:
        spec.attach(other, prefix=part.prefix, frame=frame)


def _frame_at(site: mujoco.MjsSite) -> mujoco.MjsFrame:
    frame = site.parent.add_frame(pos=site.pos, quat=site.quat)
    for given in ('type', 'axisangle', 'xyaxes', 'zaxis', 'euler'):
        setattr(frame.alt, given, getattr(site.alt, given))
    return frame


def take_settings(part: mujoco.MjSpec, whole: mujoco.MjSpec) -> None:
    """Give a part the settings of what it is put on; the whole's count, and MuJoCo warns else.

    How a file wants to be looked at and solved is no part of the robot.
    """
    part.visual, part.option, part.stat = whole.visual, whole.option, whole.stat
    for size in ('njmax', 'nconmax', 'nstack', 'memory'):
        setattr(part, size, getattr(whole, size))


def at_origin(body: mujoco.MjsBody) -> None:
    """Put a body where its parent is."""
    body.pos, body.quat = [0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]
    # An orientation given as angles would win over the quaternion.
    body.alt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT


def _body(spec: mujoco.MjSpec, name: str, where: str) -> mujoco.MjsBody:
    bodies = {body.name: body for body in spec.bodies}
    if name not in bodies:
        raise UnknownNameError('body', name, f'the model ({where})', bodies)
    return bodies[name]


def _wxyz(rpy_deg: tuple[float, float, float]) -> list[float]:
    turn = so3.Rotation.from_euler('xyz', np.deg2rad(rpy_deg))
    return list(wxyz_from_xyzw(turn.as_quat()))
