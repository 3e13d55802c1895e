"""Build the MuJoCo model of a world: table, cube, cameras, and the contract's robot.

The robot is read by path out of the package that the contract names. Its motors become position
servos, and its collision meshes get colours, because the cameras show them instead of the visual
meshes (see `renderer`).
"""

import mujoco
import numpy as np
from vla_contract.contract import Camera, RobotContract
from vla_contract.errors import NameMismatchError, SimError
from vla_contract.share import package_file
from vla_contract.transforms import look_at
from vla_sim_bridge.world_config import CameraPlacement, WorldConfig

ROBOT = 'arm/'
CUBE = 'cube'
COLLISION_GROUP = 3
_WHITE, _GREY = (0.90, 0.91, 0.93, 1.0), (0.25, 0.26, 0.28, 1.0)


def build_model(contract: RobotContract, config: WorldConfig) -> mujoco.MjModel:
    """Compile the world with the contract's robot at the origin of the base frame.

    Raises:
        NameMismatchError: the world does not place every camera of the contract.
        ResourceNotFoundError: the robot model is not installed.
        SimError: the model lacks a joint or a body that the contract names, or does not compile.
    """
    spec = _empty_world(config)
    _add_table_and_cube(spec, config)
    _add_cameras(spec, contract, config)
    spec.attach(_load_robot(contract, config), prefix=ROBOT, frame=spec.worldbody.add_frame())
    try:
        model = spec.compile()
    except ValueError as error:
        raise SimError(f'world with robot {contract.name} does not compile: {error}') from error
    return model


def _empty_world(config: WorldConfig) -> mujoco.MjSpec:
    spec = mujoco.MjSpec()
    option = spec.option
    option.timestep = config.physics_step_s
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
        name='sky',
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.86, 0.89, 0.93],
        rgb2=[0.60, 0.66, 0.74],
        width=64,
        height=384,
    )
    spec.worldbody.add_light(
        pos=[0.3, -0.6, 2.0], dir=[0.1, 0.3, -1.0], diffuse=[0.5, 0.5, 0.5], castshadow=False
    )
    return spec


def _add_table_and_cube(spec: mujoco.MjSpec, config: WorldConfig) -> None:
    table, cube = config.table, config.cube
    half = np.array(table.size_m) / 2
    spec.worldbody.add_geom(
        name='table',
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=half,
        pos=[*table.centre_m, -half[2]],
        rgba=table.rgba,
    )
    body = spec.worldbody.add_body(name=CUBE, pos=[0.5, 0.0, cube.edge_m / 2])
    body.add_freejoint(name=CUBE)
    body.add_geom(
        name=CUBE,
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=[cube.edge_m / 2] * 3,
        mass=cube.mass_kg,
        friction=[cube.friction, 0.005, 0.0001],
        condim=4,
        rgba=cube.rgba,
    )


def _add_cameras(spec: mujoco.MjSpec, contract: RobotContract, config: WorldConfig) -> None:
    wanted = [camera.name for camera in contract.cameras]
    placed = {placement.name: placement for placement in config.cameras}
    if sorted(placed) != sorted(wanted) or len(placed) != len(config.cameras):
        names = [placement.name for placement in config.cameras]
        raise NameMismatchError('cameras of the world', wanted, names)
    for camera in contract.cameras:
        _add_camera(spec, camera, placed[camera.name])
    spec.visual.global_.offwidth = max(camera.width for camera in contract.cameras)
    spec.visual.global_.offheight = max(camera.height for camera in contract.cameras)


def _add_camera(spec: mujoco.MjSpec, camera: Camera, placement: CameraPlacement) -> None:
    # MuJoCo cameras look along -z with y up: half a turn about x from the optical frame.
    optical = look_at(np.array(placement.eye_m), np.array(placement.target_m))
    rotation = optical @ np.diag([1.0, -1.0, -1.0])
    quaternion = np.empty(4)
    mujoco.mju_mat2Quat(quaternion, rotation.ravel())
    spec.worldbody.add_camera(
        name=camera.name,
        pos=placement.eye_m,
        quat=quaternion,
        fovy=placement.fovy_deg,
        resolution=[camera.width, camera.height],
    )


def _load_robot(contract: RobotContract, config: WorldConfig) -> mujoco.MjSpec:
    path = package_file(contract.model.package, contract.model.mjcf)
    robot = mujoco.MjSpec.from_file(str(path))
    _replace_motors_by_servos(robot, contract, config)
    for body in robot.bodies[1:]:
        body.gravcomp = 1.0
    for geom in robot.geoms:
        if geom.group == COLLISION_GROUP:
            geom.rgba = _GREY if 'link' not in geom.meshname else _WHITE
        if 'pad' in geom.name:
            geom.friction[0] = config.pad_friction
            geom.condim = 4
    return robot


def _replace_motors_by_servos(
    robot: mujoco.MjSpec, contract: RobotContract, config: WorldConfig
) -> None:
    joints = {joint.name for joint in robot.joints}
    missing = [joint.name for joint in contract.joints if joint.model_joint not in joints]
    if missing:
        raise SimError(
            f'contract {contract.name}: no model_joint in {contract.model.mjcf} for '
            f'{", ".join(missing)}; the model has: {", ".join(sorted(joints))}'
        )
    for actuator in list(robot.actuators):
        if actuator.name != contract.model.gripper_actuator:
            robot.delete(actuator)
    for index in contract.arm:
        joint = contract.joints[index]
        servo = robot.add_actuator(
            name=joint.name,
            target=joint.model_joint,
            trntype=mujoco.mjtTrn.mjTRN_JOINT,
            forcerange=[-joint.effort, joint.effort],
        )
        servo.set_to_position(kp=config.servo.stiffness, kv=config.servo.damping)
