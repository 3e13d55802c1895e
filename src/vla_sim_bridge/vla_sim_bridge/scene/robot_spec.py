"""The cell's robot as part of a MuJoCo world, its motors made position servos."""

from collections.abc import Iterable

import mujoco
from vla_contract import so3
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.robot_model import WORLD
from vla_contract.deployment.tool import Tool
from vla_contract.description.arm import arm_model, base_pose
from vla_contract.description.reading import at_origin, finger_geoms, read_robot, take_settings
from vla_contract.description.robot_alone import leave_out
from vla_contract.errors import nearest, SimError
from vla_contract.transforms import invert, wxyz_from_xyzw

ROBOT = 'arm/'
COLLISION_GROUP = 3
# What cameras show; models without meshes for collisions alone keep theirs in group 0.
SHOWN_GROUPS = (0, 1, COLLISION_GROUP)
_WHITE, _GREY = (0.90, 0.91, 0.93, 1.0), (0.25, 0.26, 0.28, 1.0)


def load_robot(cell: Cell) -> mujoco.MjSpec:
    """Read the robot's model.

    Raises:
        ResourceNotFoundError: the package or the file is missing.
        ContractError: MuJoCo cannot read it.
        SimError: it lacks something that the robot names; lists what it has.
    """
    model, tools = cell.robot.model, cell.robot.tools
    robot = read_robot(cell.robot)
    joints = [joint.model_joint for joint in cell.joints]
    joints += [name for mimic in model.mimics for name in (mimic.joint, mimic.follows)]
    _require(cell, 'base_body', [model.base_body], robot.bodies)
    _require(cell, 'model_joint', joints, robot.joints)
    geoms = [name for tool in tools for name in tool.finger_geoms]
    _require(cell, 'finger_geoms', geoms, robot.geoms)
    _require(cell, 'site', [tool.point for tool in tools], robot.sites)
    actuators = [tool.actuator for tool in tools if tool.actuator]
    _require(cell, 'actuator', actuators, robot.actuators)
    return robot


def attach_robot(spec: mujoco.MjSpec, robot: mujoco.MjSpec, cell: Cell) -> None:
    """Put the robot's base at the origin of a world, its names prefixed by `ROBOT`.

    Of its file, the base and what hangs on it is used. Where a commanded joint hangs elsewhere,
    its tree comes along; a base that is the world takes the whole file but free objects, floors,
    lights and cameras.
    """
    take_settings(robot, spec)
    name = cell.robot.model.base_body
    kept = [] if name == WORLD else _trees_of_joints(robot, cell)
    if kept == [name]:
        base = robot.body(name)
        at_origin(base)
        spec.worldbody.add_frame().attach_body(base, ROBOT, '')
        return
    T = invert(base_pose(arm_model(cell), cell))
    # A base further up in its tree keeps what carries it.
    leave_out(robot, {_up(robot.body(body))[-1] for body in kept})
    quaternion = wxyz_from_xyzw(so3.Rotation.from_matrix(T[:3, :3]).as_quat())
    frame = spec.worldbody.add_frame(pos=T[:3, 3], quat=quaternion)
    spec.attach(robot, prefix=ROBOT, frame=frame)


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
    fingers = {name: tool for tool in cell.robot.tools for name in finger_geoms(robot, tool)}
    # The linkage of a gripper with an actuator of its own is as its maker has it.
    served = {cell.joints[index].model_joint for index in driven_joints(cell)}
    served |= {mimic.joint for mimic in cell.robot.model.mimics}
    for joint in robot.joints:
        if joint.name in served:
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
        if geom.name in fingers:
            geom.friction[0] = fingers[geom.name].pad_friction
            geom.condim = 4


def actuated_tools(cell: Cell) -> tuple[tuple[Tool, int], ...]:
    """Return the tools that the model closes by an actuator of its own, with their joints."""
    found = [(tool, cell.robot.gripper_of(tool)) for tool in cell.robot.tools if tool.actuator]
    return tuple((tool, joint) for tool, joint in found if joint is not None)


def driven_joints(cell: Cell) -> tuple[int, ...]:
    """Return the indices of the joints with a servo: all but a gripper with an actuator."""
    actuated = {joint for _, joint in actuated_tools(cell)}
    return tuple(i for i in range(len(cell.joints)) if i not in actuated)


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
    """Keep the grippers' own actuators where the tools name them, and no other."""
    kept = {tool.actuator for tool, _ in actuated_tools(cell)}
    gains = cell.robot.servo
    for actuator in list(robot.actuators):
        if actuator.name not in kept:
            robot.delete(actuator)
    for index in driven_joints(cell):
        joint = cell.joints[index]
        servo = robot.add_actuator(
            name=joint.name,
            target=joint.model_joint,
            trntype=mujoco.mjtTrn.mjTRN_JOINT,
            forcerange=[-joint.effort, joint.effort],
        )
        servo.set_to_position(
            kp=gains.stiffness if joint.stiffness is None else joint.stiffness,
            kv=gains.damping if joint.damping is None else joint.damping,
        )


def _trees_of_joints(robot: mujoco.MjSpec, cell: Cell) -> list[str]:
    """Return the base, and the root bodies of commanded joints that do not hang on it."""
    base = cell.robot.model.base_body
    kept = [base]
    for joint in cell.joints:
        chain = _up(robot.joint(joint.model_joint).parent)
        if base not in chain and chain[-1] not in kept:
            kept.append(chain[-1])
    return kept


def _up(body: mujoco.MjsBody) -> list[str]:
    """Return a body and those that carry it, up to one that stands in the world."""
    names = [body.name]
    while body.parent.name != WORLD:
        body = body.parent
        names.append(body.name)
    return names


def _require(
    cell: Cell, what: str, names: Iterable[str], elements: Iterable[mujoco.MjsElement]
) -> None:
    known = {element.name for element in elements if element.name}
    missing = [name for name in names if name not in known]
    if missing:
        raise SimError(
            f'robot {cell.robot.name}: no {what} {", ".join(missing)} in {cell.robot.model}; '
            f'{nearest(missing[0], known)}'
        )
