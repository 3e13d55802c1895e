"""Links that touch where the robot rests do not collide: a URDF does not say which may."""

import mujoco
from vla_contract.deployment.cell import Cell
from vla_contract.description.reading import compiled

# Hulls of meshes reach a little beyond the links that they stand for [m].
_NEAR_M = 0.002


def let_touching_links_pass(robot: mujoco.MjSpec, cell: Cell) -> None:
    """Exclude contacts between links that touch at home, as an SRDF does.

    MuJoCo leaves out only neighbours in the tree. A maker's MJCF is taken as it is.

    Args:
        robot: as read, not yet part of a world; excludes are added.
        cell: whose home counts.

    Raises:
        ContractError: MuJoCo cannot compile the robot.
    """
    files = (cell.robot.model, *cell.robot.model.parts)
    if not any(file.urdf or file.xacro for file in files):
        return
    model = compiled(cell.robot.model, robot.compile)
    data = mujoco.MjData(model)
    model.geom_margin[:] = _NEAR_M
    for joint in cell.joints:
        data.joint(joint.model_joint).qpos = joint.home
    for mimic in cell.robot.model.mimics:
        leader = data.joint(mimic.follows).qpos[0]
        data.joint(mimic.joint).qpos = mimic.multiplier * leader + mimic.offset
    mujoco.mj_kinematics(model, data)
    mujoco.mj_collision(model, data)
    pairs = {tuple(sorted(model.geom_bodyid[contact.geom])) for contact in data.contact}
    for first, second in sorted(pairs):
        if first and first != second:
            robot.add_exclude(bodyname1=model.body(first).name, bodyname2=model.body(second).name)
