"""A picture of a robot at home with its capsules and control points on it."""

from pathlib import Path

import cv2
import mujoco
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.description.reading import compiled
from vla_contract.values import Image
from vla_sim_bridge.scene.robot_spec import (
    attach_robot,
    load_robot,
    place_mimics,
    prepare_robot,
    ROBOT,
)

_SIZE_PX = 720
_SKY = (0.85, 0.88, 0.92)
_CAPSULE, _POINT, _TOOL = (0.9, 0.3, 0.1, 0.3), (0.1, 0.4, 0.9, 0.4), (0.1, 0.8, 0.2, 1.0)
# From the front left and from the right side, a little from above [deg].
_VIEWS = ((145.0, -20.0), (90.0, -5.0))


def draw_robot(cell: Cell, path: Path) -> None:
    """Write a picture of two views, side by side.

    Args:
        cell: whose robot is drawn at home.
        path: PNG to write.

    Raises:
        VlaError: the model cannot be read.
    """
    model = _model(cell)
    data = mujoco.MjData(model)
    for joint in cell.joints:
        data.joint(ROBOT + joint.model_joint).qpos = joint.home
    place_mimics(model, data, cell)
    mujoco.mj_forward(model, data)
    views = [_view(model, data, *angles) for angles in _VIEWS]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.concatenate(views, axis=1)[..., ::-1])


def _model(cell: Cell) -> mujoco.MjModel:
    spec = mujoco.MjSpec()
    spec.visual.global_.offwidth = spec.visual.global_.offheight = _SIZE_PX
    spec.visual.headlight.ambient = [0.5, 0.5, 0.5]
    spec.add_texture(
        name='sky',
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        rgb1=_SKY,
        width=16,
        height=96,
    )
    spec.worldbody.add_light(pos=[1.0, -1.0, 2.5], dir=[-0.4, 0.4, -1.0])
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_PLANE, size=[1.0, 1.0, 0.1], rgba=[0.75, 0.72, 0.66, 1.0]
    )
    robot = load_robot(cell)
    prepare_robot(robot, cell)
    attach_robot(spec, robot, cell)
    for capsule in cell.geometry.capsules:
        is_ball = np.allclose(capsule.start, capsule.end, atol=1e-4)
        # A capsule has two ends, be they as near as a tenth of a millimetre.
        ends = [*capsule.start, *capsule.end[:2], capsule.end[2] + 1e-4 * is_ball]
        _add(spec, capsule.body, 'CAPSULE', capsule.radius, _CAPSULE, fromto=ends)
    for point in cell.geometry.control_points:
        colour = _POINT if point.radius else _TOOL
        radius = point.radius or 0.006
        _add(spec, point.body, 'SPHERE', radius, colour, pos=point.offset)
    return compiled(cell.robot.model, spec.compile)


def _add(
    spec: mujoco.MjSpec,
    body: str,
    shape: str,
    radius: float,
    colour: tuple[float, float, float, float],
    **place: object,
) -> None:
    spec.body(ROBOT + body).add_geom(
        type=getattr(mujoco.mjtGeom, f'mjGEOM_{shape}'),
        size=[radius, 0.0, 0.0],
        rgba=colour,
        contype=0,
        conaffinity=0,
        mass=0.0,
        **place,
    )


def _view(model: mujoco.MjModel, data: mujoco.MjData, azimuth: float, elevation: float) -> Image:
    places = data.xpos[1:]
    camera, options = mujoco.MjvCamera(), mujoco.MjvOption()
    camera.lookat = (places.max(axis=0) + places.min(axis=0)) / 2
    camera.distance = 2.0 * float(np.linalg.norm(np.ptp(places, axis=0))) + 0.2
    camera.azimuth, camera.elevation = azimuth, elevation
    options.geomgroup[:] = 1
    with mujoco.Renderer(model, _SIZE_PX, _SIZE_PX) as renderer:
        renderer.update_scene(data, camera, options)
        image: Image = renderer.render().copy()
    return image
