"""Cameras, lights and background of a MuJoCo world as SDF."""

import math
from xml.etree.ElementTree import Element

import mujoco
import numpy as np
from vla_contract.cameras.sdf_camera import add_sdf_camera
from vla_contract.errors import SimError
from vla_contract.values import Vector
from vla_sim_bridge.cameras.placed_camera import PlacedCamera
from vla_sim_bridge.gazebo.elements import add, add_pose
from vla_sim_bridge.scene.extras import SKY, SKY_SIDE
from vla_sim_bridge.scene.world import World

# From MuJoCo's camera, which looks along -z with y up, to a sensor's, along x with z up.
_R_CAMERA_SENSOR = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])
_LIGHT_TYPES = {
    mujoco.mjtLightType.mjLIGHT_SPOT: 'spot',
    mujoco.mjtLightType.mjLIGHT_DIRECTIONAL: 'directional',
    mujoco.mjtLightType.mjLIGHT_POINT: 'point',
}
# Far enough for a table; MuJoCo's lights have no end.
_LIGHT_RANGE_M = 10.0


def add_camera(link: Element, world: World, camera: PlacedCamera) -> None:
    """Add a camera of the cell, where this episode has it, to the link that carries it.

    Args:
        link: of the body that carries the camera.
        world: after a reset.
        camera: lens as this episode draws it.

    Raises:
        SimError: SDF does not know the lens model.
    """
    model, seen = world.model, camera.camera
    if any(camera.distortion) and camera.model != 'plumb_bob':
        raise SimError(
            f'camera {seen.name}: lens model: found {camera.model}; allowed in the SDF: plumb_bob'
        )
    index = model.camera(seen.name).id
    sensor = add(link, 'sensor', name=seen.name, type='camera')
    add_pose(sensor, model.cam_pos[index], _turned(model.cam_quat[index], _R_CAMERA_SENSOR))
    # Gazebo puts camera_info beside the image, as ROS does.
    add(sensor, 'topic', f'{seen.topic}/image_raw')
    add(sensor, 'update_rate', seen.rate_hz)
    add(sensor, 'always_on', 'true')
    fx, fy, cx, cy = camera.intrinsics
    K = np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
    size = (seen.width, seen.height)
    element = add_sdf_camera(sensor, seen.frame, size, K, np.array(camera.distortion))
    noise_std = world.appearance.image.noise_std
    if noise_std > 0.0:
        noise = add(element, 'noise')
        add(noise, 'type', 'gaussian')
        add(noise, 'mean', 0.0)
        add(noise, 'stddev', noise_std)


def add_lights(parent: Element, world: World) -> None:
    """Add the lights that are on, and one in the direction of view for MuJoCo's headlight."""
    model = world.model
    for k in np.flatnonzero(model.light_active[: model.nlight]):
        kind = _LIGHT_TYPES[mujoco.mjtLightType(model.light_type[k])]
        light = _add_light(
            parent, f'light_{k}', kind, model.light_pos[k], model.light_dir[k],
            model.light_diffuse[k],
        )  # fmt: skip
        if kind == 'spot':
            spot = add(light, 'spot')
            add(spot, 'inner_angle', 0.0)
            # MuJoCo's cutoff counts from the axis, SDF's angle from side to side.
            add(spot, 'outer_angle', 2.0 * math.radians(float(model.light_cutoff[k])))
            add(spot, 'falloff', 1.0)
    first = world.data.camera(world.cell.cameras[0].name)
    direction = -first.xmat.reshape(3, 3)[:, 2]
    diffuse = model.vis.headlight.diffuse
    _add_light(parent, 'headlight', 'directional', first.xpos, direction, diffuse)


def add_scene(parent: Element, world: World) -> None:
    """Add ambient light and the mean colour of the sky."""
    model, appearance = world.model, world.appearance
    scene = add(parent, 'scene')
    add(scene, 'ambient', [*model.vis.headlight.ambient, 1.0])
    chosen = appearance.textures.get(SKY)
    if chosen is not None and chosen.number:
        sky = chosen.pixels(SKY_SIDE).reshape(-1, 3)
    else:
        texture = model.texture(SKY)
        start = int(texture.adr[0])
        size = int(texture.width[0]) * int(texture.height[0])
        sky = model.tex_data[start : start + 3 * size].reshape(-1, 3)
    colour = sky.mean(axis=0) / 255.0 * np.asarray(appearance.tints.get(SKY, np.ones(3)))
    add(scene, 'background', [*np.clip(colour, 0.0, 1.0), 1.0])
    add(scene, 'shadows', 'false')


def _add_light(
    parent: Element, name: str, kind: str, position: Vector, direction: Vector, diffuse: Vector
) -> Element:
    light = add(parent, 'light', name=name, type=kind)
    add_pose(light, position, np.array([1.0, 0.0, 0.0, 0.0]))
    add(light, 'cast_shadows', 'false')
    add(light, 'diffuse', [*diffuse, 1.0])
    add(light, 'specular', [0.0, 0.0, 0.0, 1.0])
    attenuation = add(light, 'attenuation')
    add(attenuation, 'range', _LIGHT_RANGE_M)
    add(attenuation, 'constant', 1.0)
    add(attenuation, 'linear', 0.0)
    add(attenuation, 'quadratic', 0.0)
    add(light, 'direction', direction)
    return light


def _turned(wxyz: Vector, rotation: Vector) -> Vector:
    quaternion, turned = np.empty(4), np.empty(4)
    mujoco.mju_mat2Quat(quaternion, rotation.ravel())
    mujoco.mju_mulQuat(turned, wxyz, quaternion)
    return turned
