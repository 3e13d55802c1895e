"""Where the pads of a gripper are while it closes, measured in the simulator's own model."""

import copy
from dataclasses import dataclass

import mujoco
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_sim_bridge.drafting.kinematics.surface import surface_points
from vla_sim_bridge.physics.drive import Drive
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.scene.fingers import fingers_of
from vla_sim_bridge.scene.robot_spec import place_mimics, ROBOT

# Positions of the gripper at which it is measured, and how long each is given: several times what
# the slowest servo needs for so small a step.
_POSITIONS, _SETTLED_S = 9, 0.3


@dataclass(frozen=True)
class PadFaces:
    """Inner faces of both sides of a gripper, along the grasp's y axis from the tool's point.

    Attributes:
        closing: share of the way from open, 0, to closed, 1, increasing, shape (K,).
        low, high: the innermost place of either side, shape (K,) [m].
    """

    closing: Vector
    low: Vector
    high: Vector


def parallel_faces(opening_m: float) -> PadFaces:
    """Return the faces of fingers that close by the same on both sides of the tool's point."""
    half = np.array([opening_m / 2, 0.0])
    return PadFaces(np.array([0.0, 1.0]), -half, half)


def measured_faces(kinematics: ArmKinematics, cell: Cell, around_m: float) -> PadFaces | None:
    """Close the gripper of a tool step by step, touching nothing, and see where its pads are.

    Linkages without a joint for each rod can be moved by their dynamics only.

    Args:
        kinematics: of the arm with the tool.
        cell: whose robot it is.
        around_m: of a pad counts what is so near to the tool's point along the approach [m].

    Returns:
        The faces; None where the model does not say what holds, or all of it is on one side.
    """
    model, tool = copy.copy(kinematics.model), kinematics.tool
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    gripper = cell.robot.gripper_of(tool)
    if gripper is None:
        return None
    joint, drive, data = cell.joints[gripper], Drive(model, cell), mujoco.MjData(model)
    command = cell.home
    for index, position in enumerate(command):
        data.joint(ROBOT + cell.joints[index].model_joint).qpos = position
    place_mimics(model, data, cell)
    rows = []
    for share in np.linspace(0.0, 1.0, _POSITIONS):
        command[gripper] = joint.open + share * (joint.closed - joint.open)
        data.ctrl[:] = drive.controls(command)
        mujoco.mj_step(model, data, round(_SETTLED_S / model.opt.timestep))
        mujoco.mj_kinematics(model, data)
        faces = _faces(model, data, kinematics, around_m)
        if faces is None:
            return None
        reached = data.joint(ROBOT + joint.model_joint).qpos[0]
        rows.append(((reached - joint.open) / (joint.closed - joint.open), *faces))
    closing, low, high = np.array(rows).T
    return PadFaces(np.maximum.accumulate(closing), low, high)


def _faces(
    model: mujoco.MjModel, data: mujoco.MjData, kinematics: ArmKinematics, around_m: float
) -> tuple[float, float] | None:
    """Return the innermost place of either side [m]; None unless there are two sides."""
    site = data.site(ROBOT + kinematics.tool.point)
    rotation = site.xmat.reshape(3, 3) @ kinematics.R_tool_grasp
    along = []
    for body, geoms in fingers_of(model, kinematics.tool).items():
        points = surface_points(model, geoms) @ data.xmat[body].reshape(3, 3).T
        seen = (points + data.xpos[body] - site.xpos) @ rotation
        near = seen[np.abs(seen[:, 2]) < around_m] if around_m else seen
        along.append((near if len(near) else seen)[:, 1])
    middles = np.array([points.mean() for points in along])
    if len(along) < 2:
        return None
    is_low = middles < (middles.min() + middles.max()) / 2
    low = max(points.max() for points, side in zip(along, is_low, strict=True) if side)
    high = min(points.min() for points, side in zip(along, is_low, strict=True) if not side)
    return float(low), float(high)
