"""Gazebo's own joint controller, with gains that follow a command as MuJoCo's servos do.

A servo with the gains kp and kv is behind a steady command by kv/kp seconds. MuJoCo integrates
its damping implicitly; Gazebo applies forces that were computed before the step, which is stable
only while d dt / I stays small. So each joint gets the d of critical damping, d = 2 w I with
w = 2 kp/kv, but no more than a quarter of what its own links bear (2 I / dt), and p = d kp/kv:
whatever d is, the lag is kv/kp.
"""

from xml.etree.ElementTree import Element

import mujoco
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_sim_bridge.gazebo.elements import add
from vla_sim_bridge.scene.robot_spec import ROBOT

_SHARE_OF_STABLE = 0.25


def servo_gains(
    model: mujoco.MjModel, data: mujoco.MjData, cell: Cell
) -> list[tuple[float, float]]:
    """Return p and d of each joint of the cell, by its inertia where `data` stands."""
    masses: Vector = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, masses)
    servo = cell.robot.servo
    rate = servo.stiffness / servo.damping
    gains = []
    for joint in cell.joints:
        dof = int(model.joint(ROBOT + joint.model_joint).dofadr[0])
        inertia = float(masses[dof, dof])
        of_links = inertia - float(model.dof_armature[dof])
        most = _SHARE_OF_STABLE * 2.0 * of_links / float(model.opt.timestep)
        d = min(4.0 * rate * inertia, most)
        gains.append((d * rate, d))
    return gains


def add_controller(
    robot: Element, cell: Cell, home: Vector, gains: list[tuple[float, float]]
) -> None:
    """Add the controller that takes trajectories, and what publishes joint states.

    Args:
        robot: the robot's model.
        cell: names, limits and rates.
        home: where to hold until the first command, the cell's order, shape (D,) [rad or m].
        gains: p and d of each joint.
    """
    controller = _add_plugin(robot, 'joint-trajectory-controller', 'JointTrajectoryController')
    add(controller, 'topic', 'joint_trajectory')
    for joint, position, (p, d) in zip(cell.joints, home, gains, strict=True):
        add(controller, 'joint_name', joint.name)
        add(controller, 'initial_position', position)
        add(controller, 'position_p_gain', p)
        add(controller, 'position_i_gain', 0.0)
        add(controller, 'position_d_gain', d)
        add(controller, 'position_cmd_min', -joint.effort)
        add(controller, 'position_cmd_max', joint.effort)
    states = _add_plugin(robot, 'joint-state-publisher', 'JointStatePublisher')
    add(states, 'topic', 'joint_states')
    add(states, 'update_rate', cell.rates.joint_states_hz)
    for joint in cell.joints:
        add(states, 'joint_name', joint.name)


def add_pose_publisher(model: Element) -> None:
    """Add what publishes where a model is, in the world."""
    plugin = _add_plugin(model, 'pose-publisher', 'PosePublisher')
    for what in ('link', 'visual', 'collision', 'nested_model'):
        add(plugin, f'publish_{what}_pose', 'false')
    add(plugin, 'publish_model_pose', 'true')
    add(plugin, 'use_pose_vector_msg', 'false')
    add(plugin, 'update_frequency', 30.0)


def add_world_systems(world: Element) -> None:
    """Add what every world of Gazebo needs: physics, commands, the scene, sensors."""
    for file, name in (
        ('physics', 'Physics'),
        ('user-commands', 'UserCommands'),
        ('scene-broadcaster', 'SceneBroadcaster'),
    ):
        _add_plugin(world, file, name)
    add(_add_plugin(world, 'sensors', 'Sensors'), 'render_engine', 'ogre2')


def _add_plugin(parent: Element, file: str, name: str) -> Element:
    return add(
        parent, 'plugin', filename=f'gz-sim-{file}-system', name=f'gz::sim::systems::{name}'
    )
