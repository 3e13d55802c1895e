"""The arm of a robot as a MuJoCo model for kinematics: its joints, and no shapes."""

import mujoco
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.robot_model import WORLD
from vla_contract.description.reading import compiled, read_robot
from vla_contract.errors import ContractError, UnknownNameError
from vla_contract.transforms import make_transform
from vla_contract.values import Vector


def arm_model(cell: Cell) -> mujoco.MjModel:
    """Return the model with the joints of the arms and no others, bodies and sites.

    Fingers, and other joints that are not commanded as an arm, stay where the model has them.

    Raises:
        ResourceNotFoundError: a package or a file is missing.
        ContractError: MuJoCo cannot read it, or it lacks a joint.
    """
    spec = read_robot(cell.robot)
    wanted = [cell.joints[i].model_joint for i in cell.arm]
    known = [joint.name for joint in spec.joints]
    for name in wanted:
        if name not in known:
            raise UnknownNameError('joint', name, f'the model of {cell.name}', known)
    _keep_joints(spec, set(wanted))
    return compiled(cell.robot.model, spec.compile)


def base_pose(model: mujoco.MjModel, cell: Cell) -> Vector:
    """Return T_world_base of a compiled model, shape (4, 4).

    Raises:
        UnknownNameError: the model has no such body; lists those it has.
        ContractError: the base moves with a joint.
    """
    name = cell.robot.model.base_body
    bodies = [model.body(i).name for i in range(model.nbody)]
    if name != WORLD and name not in bodies:
        raise UnknownNameError('base_body', name, f'the model of {cell.name}', bodies)
    body = 0 if name == WORLD else bodies.index(name)
    if model.body_weldid[body] != 0:
        raise ContractError(f'base_body {name} moves; allowed: a body fixed to the world')
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    return make_transform(data.xpos[body].copy(), data.xmat[body].reshape(3, 3).copy())


def _keep_joints(spec: mujoco.MjSpec, wanted: set[str]) -> None:
    """Delete all other joints, all shapes, and what could still refer to them."""
    referring = (spec.actuators, spec.equalities, spec.tendons, spec.sensors, spec.excludes)
    for elements in (*referring, spec.pairs, spec.skins, spec.cameras, spec.lights):
        for element in list(elements):
            spec.delete(element)
    for joint in list(spec.joints):
        if joint.name not in wanted:
            spec.delete(joint)
    # Shapes that touch nothing are dropped when it is compiled, and their meshes before they are
    # read; deleting one after the other takes 50 ms for an arm of 70 meshes.
    spec.compiler.discardvisual = True
    for geom in spec.geoms:
        geom.contype = geom.conaffinity = 0
    for elements in (spec.hfields, spec.materials, spec.textures):
        for element in list(elements):
            spec.delete(element)
    # Bodies that move must have mass, even where nothing asks for it.
    for body in spec.bodies[1:]:
        body.explicitinertial = True
        body.mass, body.inertia = 1.0, np.ones(3)
        body.fullinertia = [np.nan] * 6
        body.ialt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT
        body.ipos, body.iquat = np.zeros(3), [1.0, 0.0, 0.0, 0.0]
