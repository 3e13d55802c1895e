"""Terms that change how arm and object move."""

import numpy as np
from vla_contract.errors import SimError
from vla_contract.values import Vector
from vla_sim_bridge.randomization.address import OBJECT
from vla_sim_bridge.randomization.stage import Stage
from vla_sim_bridge.randomization.term import Term


def _arm(stage: Stage) -> int:
    return len(stage.arm_dofs)


def _object_mass(stage: Stage, values: Vector) -> None:
    """Scale the inertia with the mass: the same shape of a denser matter."""
    stage.require_objects('object_mass')
    stage.model.body_mass[stage.object_bodies] *= values[0]
    stage.model.body_inertia[stage.object_bodies] *= values[0]
    stage.needs_constants = True


def _object_friction(stage: Stage, values: Vector) -> None:
    """Set it for the object, and for the fingers that grasp it (see `scene.contacts`)."""
    stage.require_objects('object_friction')
    model = stage.model
    model.geom_friction[stage.object_geoms, 0] = values[0]
    is_grasp = np.isin(model.pair_geom1, stage.object_geoms)
    model.pair_friction[is_grasp, :2] = values[0]


def _authored_friction(stage: Stage) -> float:
    stage.require_objects('object_friction')
    return float(stage.authored('geom_friction')[stage.object_geoms[0], 0])


def _object_size(stage: Stage, values: Vector) -> None:
    """Scale the geom and the bounds that the collision search trusts; the mass stays.

    With stale bounds a box falls through an enlarged one.
    """
    model, geoms, s = stage.model, stage.scalable_geoms, values[0]
    if not len(geoms):
        raise SimError('term object_size: has no effect here: every object has parts or is fixed')
    bodies = np.unique(model.geom_bodyid[geoms])
    model.geom_size[geoms] *= s
    for rows in stage.object_meshes.values():
        model.mesh_vert[rows] *= s
    model.geom_pos[geoms] *= s
    model.geom_rbound[geoms] *= s
    model.geom_aabb[geoms] *= s
    model.body_ipos[bodies] *= s
    model.body_inertia[bodies] *= s * s
    stage.needs_constants = True


def _joint_friction(stage: Stage, values: Vector) -> None:
    stage.model.dof_frictionloss[stage.arm_dofs] += values


def _joint_damping(stage: Stage, values: Vector) -> None:
    """Scale the damping of the model's joints, and of the servo where the model has none."""
    is_damped = stage.authored('dof_damping')[stage.arm_dofs] > 0.0
    stage.model.dof_damping[stage.arm_dofs] *= values
    stage.model.actuator_biasprm[stage.arm_actuators, 2] *= np.where(is_damped, 1.0, values)


def _joint_armature(stage: Stage, values: Vector) -> None:
    stage.model.dof_armature[stage.arm_dofs] *= values
    stage.needs_constants = True


def _actuator_strength(stage: Stage, values: Vector) -> None:
    """Scale the gains of the servos and what they can give at most."""
    model, servos = stage.model, stage.arm_actuators
    model.actuator_gainprm[servos, 0] *= values
    model.actuator_biasprm[servos, 1:3] *= values[:, None]
    model.actuator_forcerange[servos] *= values[:, None]


def _gravity(stage: Stage, values: Vector) -> None:
    stage.model.opt.gravity *= values[0]


def _table_height(stage: Stage, values: Vector) -> None:
    stage.model.geom_pos[stage.table_geom, 2] += values[0]


PHYSICS_TERMS = (
    Term('object_mass', '', 'scale', _object_mass, 'mass of the object', limits=(0.01, 100.0),
         reaches=OBJECT),
    Term('object_friction', '', 'set', _object_friction, 'sliding friction of the object',
         neutral=_authored_friction, limits=(0.0, 10.0), reaches=OBJECT),
    Term('object_size', '', 'scale', _object_size, 'edge of the object', limits=(0.1, 3.0),
         reaches=OBJECT),
    Term('joint_friction', 'Nm', 'add', _joint_friction, 'dry friction added to each joint', _arm,
         limits=(0.0, 100.0)),
    Term('joint_damping', '', 'scale', _joint_damping, 'damping of each joint', _arm,
         limits=(0.0, 100.0)),
    Term('joint_armature', '', 'scale', _joint_armature, 'rotor inertia of each joint', _arm,
         limits=(0.0, 100.0)),
    Term('actuator_strength', '', 'scale', _actuator_strength, 'gains and limit of each servo',
         _arm, limits=(0.01, 10.0)),
    Term('gravity', '', 'scale', _gravity, 'gravity', limits=(0.0, 10.0)),
    Term('table_height', 'm', 'add', _table_height, 'height of the table top', limits=(-0.5, 0.5)),
)  # fmt: skip
