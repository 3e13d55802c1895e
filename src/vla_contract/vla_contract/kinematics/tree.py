"""A pinocchio model out of a compiled MuJoCo model, so that both have one kinematics.

pinocchio's own reader of MJCF (4.1.0) knows less of the format than MuJoCo: it fails at a second
<default>, drops <frame>, and mixes up a joint and a body of one name.
"""

from typing import Any

import mujoco
import numpy as np
import pinocchio
from vla_contract.transforms import invert, xyzw_from_wxyz
from vla_contract.values import Vector

_AXES = {(1.0, 0.0, 0.0): 'X', (0.0, 1.0, 0.0): 'Y', (0.0, 0.0, 1.0): 'Z'}


def pinocchio_tree(model: mujoco.MjModel, T_world_base: Vector) -> Any:
    """Return the joints, bodies and sites of a model as a pinocchio model, in the base frame.

    Every body is a frame of type BODY, every site one of type OP_FRAME. A hinge turns about its
    anchor by qpos - qpos0 (MuJoCo documentation, 'Computation', kinematics), so each becomes a
    joint at its anchor and a fixed step back. Inertias stay zero: this is for kinematics.

    Args:
        model: with hinge and slide joints only; what does not move with them is fixed.
        T_world_base: pose of the base in MuJoCo's world, shape (4, 4).
    """
    tree = pinocchio.Model()
    joint_of = [0] * model.nbody
    # Pose of each body in the joint that carries it.
    placed = [pinocchio.SE3(invert(T_world_base))] * model.nbody
    for body in range(1, model.nbody):
        parent = model.body_parentid[body]
        place = placed[parent] * _pose(model.body_pos[body], model.body_quat[body])
        carrier = joint_of[parent]
        first = model.body_jntadr[body]
        for joint in range(first, first + model.body_jntnum[body]):
            anchor = pinocchio.SE3(np.eye(3), model.jnt_pos[joint].copy())
            kind, at_zero = _joint(model, joint)
            carrier = tree.addJoint(carrier, kind, place * anchor, model.joint(joint).name)
            place = at_zero * anchor.inverse()
        joint_of[body], placed[body] = carrier, place
        _add_frame(tree, model.body(body).name, carrier, place, pinocchio.BODY)
    for site in range(model.nsite):
        body = model.site_bodyid[site]
        place = placed[body] * _pose(model.site_pos[site], model.site_quat[site])
        _add_frame(tree, model.site(site).name, joint_of[body], place, pinocchio.OP_FRAME)
    return tree


def _joint(model: mujoco.MjModel, joint: int) -> tuple[Any, Any]:
    """Return pinocchio's joint, and the pose of what it carries when it is at 0."""
    axis = model.jnt_axis[joint]
    is_hinge = model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_HINGE
    shift = -model.qpos0[model.jnt_qposadr[joint]]
    letter = _AXES.get(tuple(axis.tolist()))
    if is_hinge:
        turn = pinocchio.AngleAxis(shift, axis).toRotationMatrix() if shift else np.eye(3)
        at_zero = pinocchio.SE3(turn, np.zeros(3))
        aligned, free = 'R', pinocchio.JointModelRevoluteUnaligned
    else:
        at_zero = pinocchio.SE3(np.eye(3), shift * axis)
        aligned, free = 'P', pinocchio.JointModelPrismaticUnaligned
    if letter:
        return getattr(pinocchio, f'JointModel{aligned}{letter}')(), at_zero
    return free(axis.copy()), at_zero


def _pose(position: Vector, wxyz: Vector) -> Any:
    rotation = pinocchio.Quaternion(xyzw_from_wxyz(wxyz)).toRotationMatrix()
    return pinocchio.SE3(rotation, position.copy())


def _add_frame(tree: Any, name: str, joint: int, place: Any, kind: Any) -> None:
    tree.addFrame(pinocchio.Frame(name, joint, 0, place, kind), False)
