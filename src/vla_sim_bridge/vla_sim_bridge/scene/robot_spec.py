"""The cell's robot as part of a MuJoCo world: read by path, its motors made position servos.

Of the file that the robot names only the base body and what hangs on it is used, so that a
scene with two arms and a table serves as well as the model of one arm.
"""

from collections.abc import Iterable

import mujoco
from vla_contract.deployment.cell import Cell
from vla_contract.errors import nearest, SimError
from vla_contract.share import package_file

ROBOT = 'arm/'
COLLISION_GROUP = 3
# What cameras show; models without meshes for collisions alone keep theirs in group 0.
SHOWN_GROUPS = (0, 1, COLLISION_GROUP)
_WHITE, _GREY = (0.90, 0.91, 0.93, 1.0), (0.25, 0.26, 0.28, 1.0)


def load_robot(cell: Cell) -> mujoco.MjSpec:
    """Read the robot's file.

    Raises:
        ResourceNotFoundError: the package or the file is missing.
        SimError: it lacks something that the robot names; lists what it has.
    """
    model, tool = cell.robot.model, cell.robot.tool
    robot = mujoco.MjSpec.from_file(str(package_file(model.package, model.mjcf)))
    joints = [joint.model_joint for joint in cell.joints]
    joints += [name for mimic in model.mimics for name in (mimic.joint, mimic.follows)]
    _require(cell, 'base_body', [model.base_body], robot.bodies)
    _require(cell, 'model_joint', joints, robot.joints)
    _require(cell, 'finger_geoms', tool.finger_geoms, robot.geoms)
    _require(cell, 'site', [tool.site], robot.sites)
    _require(cell, 'actuator', filter(None, [tool.actuator]), robot.actuators)
    return robot


def attach_robot(spec: mujoco.MjSpec, robot: mujoco.MjSpec, cell: Cell) -> None:
    """Put the robot's base at the origin of a world, its names prefixed by `ROBOT`."""
    base = robot.body(cell.robot.model.base_body)
    base.pos, base.quat = [0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]
    # An orientation given as angles would win over the quaternion.
    base.alt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT
    # How a file wants to be looked at is no part of the robot; MuJoCo warns where they differ.
    robot.visual = spec.visual
    spec.worldbody.add_frame().attach_body(base, ROBOT, '')


def prepare_robot(robot: mujoco.MjSpec, cell: Cell) -> None:
    """Give the robot servos, coupled fingers that grip, and no weight, as a controller would.

    Collision meshes get colours, because cameras show them instead of the visual ones (see
    `renderer`): the links of the arm are white, what it carries is grey.
    """
    _replace_motors_by_servos(robot, cell)
    for mimic in cell.robot.model.mimics:
        robot.add_equality(
            type=mujoco.mjtEq.mjEQ_JOINT,
            objtype=mujoco.mjtObj.mjOBJ_JOINT,
            name1=mimic.joint,
            name2=mimic.follows,
            data=[mimic.offset, mimic.multiplier, *[0.0] * 10],
        )
    servo = cell.robot.servo
    for joint in robot.joints:
        joint.frictionloss = joint.frictionloss if servo.friction is None else servo.friction
        joint.armature = joint.armature if servo.armature is None else servo.armature
    for body in robot.bodies[1:]:
        body.gravcomp = 1.0
    links = _links(robot, cell)
    for geom in robot.geoms:
        if geom.group == COLLISION_GROUP:
            # Rods of a gripper that are links by name are white too: cameras show them, and
            # policies were trained on pictures of them.
            is_link = geom.parent.name in links or 'link' in geom.parent.name
            geom.rgba = _WHITE if is_link else _GREY
        if geom.name in cell.robot.tool.finger_geoms:
            geom.friction[0] = cell.robot.tool.pad_friction
            geom.condim = 4


def driven_joints(cell: Cell) -> tuple[int, ...]:
    """Return the indices of the joints with a servo: all but a gripper with an actuator."""
    return cell.arm if cell.robot.tool.actuator else tuple(range(len(cell.joints)))


def place_mimics(model: mujoco.MjModel, data: mujoco.MjData, cell: Cell) -> None:
    """Put joints that others move where those have them, so that nothing snaps into place."""
    for mimic in cell.robot.model.mimics:
        leader = data.joint(ROBOT + mimic.follows).qpos[0]
        data.joint(ROBOT + mimic.joint).qpos = mimic.multiplier * leader + mimic.offset


def _links(robot: mujoco.MjSpec, cell: Cell) -> set[str]:
    """Return the names of the base and of every body that an arm joint moves directly."""
    moved = (robot.joint(cell.joints[i].model_joint) for i in cell.arm)
    return {cell.robot.model.base_body, *(joint.parent.name for joint in moved)}


def _replace_motors_by_servos(robot: mujoco.MjSpec, cell: Cell) -> None:
    """Keep the gripper's own actuator where the tool names one, and no other."""
    gripper, gains = cell.robot.tool.actuator, cell.robot.servo
    for actuator in list(robot.actuators):
        if not gripper or actuator.name != gripper:
            robot.delete(actuator)
    for index in driven_joints(cell):
        joint = cell.joints[index]
        servo = robot.add_actuator(
            name=joint.name,
            target=joint.model_joint,
            trntype=mujoco.mjtTrn.mjTRN_JOINT,
            forcerange=[-joint.effort, joint.effort],
        )
        servo.set_to_position(kp=gains.stiffness, kv=gains.damping)


def _require(
    cell: Cell, what: str, names: Iterable[str], elements: Iterable[mujoco.MjsElement]
) -> None:
    known = {element.name for element in elements if element.name}
    missing = [name for name in names if name not in known]
    if missing:
        raise SimError(
            f'robot {cell.robot.name}: no {what} {", ".join(missing)} in {cell.robot.model.mjcf}; '
            f'{nearest(missing[0], known)}'
        )
