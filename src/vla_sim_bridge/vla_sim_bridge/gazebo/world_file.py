"""A world after a reset as one SDF file."""

from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, indent

import mujoco
from vla_contract.errors import SimError
from vla_sim_bridge.cameras.published_camera import published_cameras, TRUE
from vla_sim_bridge.gazebo.control import (
    add_controller,
    add_pose_publisher,
    add_world_systems,
    servo_gains,
)
from vla_sim_bridge.gazebo.elements import add, add_pose, sdf_name
from vla_sim_bridge.gazebo.linkage import Follower
from vla_sim_bridge.gazebo.robot_model import add_inertial, RobotModel
from vla_sim_bridge.gazebo.shapes import Shapes
from vla_sim_bridge.gazebo.view import add_camera, add_lights, add_scene
from vla_sim_bridge.scene.world import World

WORLD = 'vla'
SDF_VERSION = '1.9'


def write_world(world: World, followers: list[Follower], path: Path) -> None:
    """Write a world, and beside it the meshes and textures that it names.

    Args:
        world: after a reset: objects and arm where the episode begins.
        followers: joints that move with the gripper.
        path: the SDF file.

    Raises:
        SimError: the world has a shape, joint or lens that SDF does not know.
    """
    model, appearance = world.model, world.appearance
    root = Element('sdf', version=SDF_VERSION)
    element = add(root, 'world', name=WORLD)
    _add_physics(element, model)
    add_world_systems(element)
    add_scene(element, world)
    add_lights(element, world)
    shapes = Shapes(model, appearance.textures, path.parent)
    _add_fixed_things(element, model, shapes)
    _add_objects(element, world, shapes)
    robot = add(element, 'model', name='robot')
    links = RobotModel(model, world.cell, followers, shapes).add_to(robot)
    gains = servo_gains(model, world.data, world.cell)
    add_controller(robot, world.cell, world.command, gains)
    for name, camera in published_cameras(world.cameras, appearance, TRUE).items():
        body = int(model.cam_bodyid[model.camera(name).id])
        link = links[body] if body in links else _static_link(element, f'camera_{name}')
        add_camera(link, world, camera)
    indent(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree(root).write(path, encoding='utf-8', xml_declaration=True)


def _add_physics(world: Element, model: mujoco.MjModel) -> None:
    physics = add(world, 'physics', name='mujoco_like', type='ignored')
    add(physics, 'max_step_size', model.opt.timestep)
    add(physics, 'real_time_factor', 1.0)
    add(world, 'gravity', model.opt.gravity)


def _add_fixed_things(world: Element, model: mujoco.MjModel, shapes: Shapes) -> None:
    """Add each geom of MuJoCo's world as a static model: the table and what is seen only."""
    first = model.body_geomadr[0]
    for geom in range(first, first + model.body_geomnum[0]):
        if model.geom_rgba[geom, 3] == 0.0:
            continue
        link = _static_link(world, sdf_name(model.geom(geom).name) or f'geom_{geom}')
        shapes.add_geom(link, geom, model.geom_pos[geom], model.geom_quat[geom])


def _add_objects(element: Element, world: World, shapes: Shapes) -> None:
    """Add every object of the task as a model of one link, those that are fixed as static ones.

    Raises:
        SimError: an object has parts that move.
    """
    model, data = world.model, world.data
    for name, thing in world.task.objects.items():
        if len(thing.bodies) > 1:
            part = model.body(thing.bodies[1]).name
            raise SimError(
                f'object {name}: found the part {part}; allowed in the SDF: objects of one body'
            )
        added = add(element, 'model', name=sdf_name(name))
        if thing.config.fixed:
            add(added, 'static', 'true')
        add_pose(added, data.xpos[thing.body], data.xquat[thing.body])
        link = add(added, 'link', name='link')
        add_inertial(link, model, thing.body)
        shapes.add_body(link, thing.body)
        add_pose_publisher(added)


def _static_link(world: Element, name: str) -> Element:
    model = add(world, 'model', name=name)
    add(model, 'static', 'true')
    return add(model, 'link', name='link')
