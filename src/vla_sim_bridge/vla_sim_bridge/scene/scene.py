"""Build the MuJoCo model of a deployment: table, objects, cameras, and the cell's robot."""

from collections.abc import Iterable
from itertools import chain

import mujoco
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.description.reading import finger_geoms
from vla_contract.errors import ContractError, SimError
from vla_contract.transforms import make_transform
from vla_contract.values import Vector
from vla_sim_bridge.calibration_scenes.board_plate import add_board
from vla_sim_bridge.cameras.placed_camera import place_cameras, PlacedCamera
from vla_sim_bridge.scene.contacts import let_objects_decide
from vla_sim_bridge.scene.extras import (
    add_distractors,
    add_lights,
    add_texture,
    NO_EXTRAS,
    SceneExtras,
    SKY,
    SKY_SIDE,
    TABLE,
)
from vla_sim_bridge.scene.home_contacts import let_touching_links_pass
from vla_sim_bridge.scene.objects import add_objects, add_room
from vla_sim_bridge.scene.robot_spec import attach_robot, load_robot, prepare_robot, ROBOT
from vla_sim_bridge.scene.simulated_task import simulated_task


def build_model(
    deployment: Deployment,
    extras: SceneExtras = NO_EXTRAS,
    cameras: Iterable[PlacedCamera] | None = None,
) -> mujoco.MjModel:
    """Compile the cell, its robot at the origin of the base frame, with the task's objects.

    Args:
        deployment: the cell with robot, table, obstacles and cameras, and the task.
        extras: what randomisation needs beside the nominal world.
        cameras: where the cameras stand; None places them as the cell says.

    Raises:
        ContractError: the cell has no table or does not place a camera, a camera's calibration
            does not fit the cell, or the task has no simulation.
        ResourceNotFoundError: the robot model or a file of the task is missing.
        SimError: the model lacks a joint, a body or a frame that is named, or does not compile.
    """
    cell, config = deployment.cell, simulated_task(deployment.task)
    spec = _empty_world(config.physics_step_s, extras)
    _add_table(spec, cell, extras)
    add_room(spec, config)
    geoms = add_objects(spec, config.objects, config.areas, config.folder, extras)
    for obstacle in cell.obstacles:
        spec.worldbody.add_geom(
            name=obstacle.name,
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=np.array(obstacle.size_m) / 2,
            pos=obstacle.centre_m,
            rgba=obstacle.rgba,
        )
    add_distractors(spec, extras)
    robot = load_robot(cell)
    prepare_robot(robot, cell)
    let_touching_links_pass(robot, cell)
    fingers = [ROBOT + name for tool in cell.robot.tools for name in finger_geoms(robot, tool)]
    attach_robot(spec, robot, cell)
    let_objects_decide(spec, chain.from_iterable(geoms.values()), fingers)
    if config.board is not None:
        is_on_tool = config.board.frame == 'tool'
        frame = cell.robot.tool.frame if is_on_tool else cell.robot.model.base_frame
        add_board(*_mount(spec, cell, frame), config.board)
    add_cameras(spec, cell, place_cameras(cell).values() if cameras is None else cameras)
    try:
        model = spec.compile()
    except ValueError as error:
        raise SimError(f'model of {deployment.name} does not compile: {error}') from error
    return model


def _empty_world(physics_step_s: float, extras: SceneExtras) -> mujoco.MjSpec:
    spec = mujoco.MjSpec()
    option = spec.option
    option.timestep = physics_step_s
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    # Elliptic cones with a high impedance ratio and no-slip iterations keep a grasped cube from
    # creeping out of the fingers (MuJoCo documentation, 'Preventing slip').
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.impratio = 10.0
    option.noslip_iterations = 3
    spec.visual.quality.offsamples = 0
    spec.visual.headlight.ambient = [0.45, 0.45, 0.45]
    spec.visual.headlight.diffuse = [0.35, 0.35, 0.35]
    spec.visual.headlight.specular = [0.0, 0.0, 0.0]
    spec.add_texture(
        name=SKY,
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.86, 0.89, 0.93],
        rgb2=[0.60, 0.66, 0.74],
        width=SKY_SIDE,
        height=6 * SKY_SIDE,
    )
    add_lights(spec, extras)
    return spec


def _add_table(spec: mujoco.MjSpec, cell: Cell, extras: SceneExtras) -> None:
    table = cell.table
    if table is None:
        raise ContractError(f'cell {cell.name}: table: found none; the simulator needs one')
    half = np.array(table.size_m) / 2
    top = spec.worldbody.add_geom(
        name=TABLE,
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=half,
        pos=[*table.centre_m, -half[2]],
        rgba=table.rgba,
    )
    add_texture(spec, top, TABLE, extras)


def add_cameras(spec: mujoco.MjSpec, cell: Cell, cameras: Iterable[PlacedCamera]) -> None:
    """Add cameras to a world whose robot is attached, on its base or on its tool."""
    for placed in cameras:
        body, T_body_parent = _mount(spec, cell, placed.parent)
        _add_camera(body, placed, T_body_parent @ placed.T_parent_camera)
        width, height = placed.drawn_size
        spec.visual.global_.offwidth = max(spec.visual.global_.offwidth, width)
        spec.visual.global_.offheight = max(spec.visual.global_.offheight, height)


def _add_camera(body: mujoco.MjsBody, placed: PlacedCamera, T_body_camera: Vector) -> None:
    # MuJoCo cameras look along -z with y up: half a turn about x from the optical frame.
    rotation = T_body_camera[:3, :3] @ np.diag([1.0, -1.0, -1.0])
    quaternion = np.empty(4)
    mujoco.mju_mat2Quat(quaternion, rotation.ravel())
    size = placed.drawn_size
    camera = body.add_camera(
        name=placed.camera.name, pos=T_body_camera[:3, 3], quat=quaternion, resolution=size
    )
    if placed.fovy_deg is not None:
        camera.fovy = placed.fovy_deg
        return
    lens = placed.drawn_intrinsics
    # The size of the sensor cancels out; a pitch of 10 um keeps its numbers handy.
    camera.sensor_size = 1e-5 * np.array(size)
    camera.focal_pixel = [lens.fx, lens.fy]
    # MuJoCo shifts the image by this from its centre, against the direction of our cx and cy.
    camera.principal_pixel = [(size[0] - 1) / 2 - lens.cx, (size[1] - 1) / 2 - lens.cy]


def _mount(spec: mujoco.MjSpec, cell: Cell, frame: str) -> tuple[mujoco.MjsBody, Vector]:
    """Return the body that carries a tool's or the base frame, and the frame's pose there.

    The robot must be attached.
    """
    points = {tool.frame: tool.point for tool in cell.robot.tools}
    if frame not in points:
        return spec.worldbody, np.eye(4)
    tool = spec.site(ROBOT + points[frame])
    rotation = np.empty(9)
    mujoco.mju_quat2Mat(rotation, tool.quat)
    return tool.parent, make_transform(tool.pos, rotation.reshape(3, 3))
