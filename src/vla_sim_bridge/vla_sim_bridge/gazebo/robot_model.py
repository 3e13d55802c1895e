"""The robot of a MuJoCo world as an SDF model: links, joints, and what couples them."""

from xml.etree.ElementTree import Element

import mujoco
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.errors import SimError
from vla_sim_bridge.gazebo.elements import add, add_pose, sdf_name
from vla_sim_bridge.gazebo.linkage import Follower
from vla_sim_bridge.gazebo.shapes import Shapes
from vla_sim_bridge.scene.robot_spec import ROBOT

# What a link weighs that weighs nothing in MuJoCo: it is fixed to one that does.
_NO_MASS_KG, _NO_INERTIA = 1e-3, 1e-6


class RobotModel:
    """Writes the robot's bodies; joints of the cell keep the cell's names."""

    def __init__(
        self,
        model: mujoco.MjModel,
        cell: Cell,
        followers: list[Follower],
        shapes: Shapes,
    ) -> None:
        """Prepare for the robot of `cell` in a compiled world."""
        self._model = model
        self._shapes = shapes
        self._joints = {ROBOT + joint.model_joint: joint for joint in cell.joints}
        self._names = {model_name: joint.name for model_name, joint in self._joints.items()}
        self._followers = {follower.joint: follower for follower in followers}

    def add_to(self, robot: Element) -> dict[int, Element]:
        """Fill a model, fixed to the world at the origin; return the link of each body.

        Raises:
            SimError: a joint has more than one degree of freedom or does not begin at 0.
        """
        model = self._model
        links = {}
        for body in range(1, model.nbody):
            if not model.body(body).name.startswith(ROBOT):
                continue
            links[body] = self._add_link(robot, body)
            self._add_joint(robot, body)
        return links

    def _add_link(self, robot: Element, body: int) -> Element:
        model = self._model
        link = add(robot, 'link', name=self._link_name(body))
        parent = int(model.body_parentid[body])
        add_pose(link, model.body_pos[body], model.body_quat[body], self._link_name(parent))
        if model.body_gravcomp[body] == 1.0:
            add(link, 'gravity', 'false')
        add_inertial(link, model, body)
        self._shapes.add_body(link, body)
        return link

    def _add_joint(self, robot: Element, body: int) -> None:
        model = self._model
        count, joint_id = model.body_jntnum[body], model.body_jntadr[body]
        parent = self._link_name(int(model.body_parentid[body])) or 'world'
        if count == 0:
            name = f'{self._link_name(body)}_fixed'
            _add_ends(add(robot, 'joint', name=name, type='fixed'), parent, self._link_name(body))
            return
        kind = model.jnt_type[joint_id]
        is_hinge = kind == mujoco.mjtJoint.mjJNT_HINGE
        if count > 1 or not (is_hinge or kind == mujoco.mjtJoint.mjJNT_SLIDE):
            raise SimError(f'body {model.body(body).name}: found more than one degree of freedom')
        if model.qpos0[model.jnt_qposadr[joint_id]] != 0.0:
            raise SimError(
                f'joint {model.joint(joint_id).name}: has a ref; joints of SDF begin at 0'
            )
        name = self.joint_name(model.joint(joint_id).name)
        joint = add(robot, 'joint', name=name, type='revolute' if is_hinge else 'prismatic')
        _add_ends(joint, parent, self._link_name(body))
        add_pose(joint, model.jnt_pos[joint_id], np.array([1.0, 0.0, 0.0, 0.0]))
        self._add_axis(joint, joint_id)

    def _add_axis(self, joint: Element, joint_id: int) -> None:
        model = self._model
        name = model.joint(joint_id).name
        axis = add(joint, 'axis')
        add(axis, 'xyz', model.jnt_axis[joint_id])
        limit = add(axis, 'limit')
        if model.jnt_limited[joint_id]:
            add(limit, 'lower', model.jnt_range[joint_id, 0])
            add(limit, 'upper', model.jnt_range[joint_id, 1])
        if name in self._joints:
            add(limit, 'effort', self._joints[name].effort)
            add(limit, 'velocity', self._joints[name].velocity)
        dynamics, dof = add(axis, 'dynamics'), model.jnt_dofadr[joint_id]
        add(dynamics, 'damping', model.dof_damping[dof])
        add(dynamics, 'friction', model.dof_frictionloss[dof])
        follower = self._followers.get(name)
        if follower:
            mimic = add(axis, 'mimic', joint=self.joint_name(follower.leader), axis='axis')
            add(mimic, 'multiplier', follower.multiplier)
            add(mimic, 'offset', follower.offset)
            add(mimic, 'reference', 0.0)

    def joint_name(self, model_name: str) -> str:
        """Return the name in the SDF of a joint of the model."""
        return self._names.get(model_name, sdf_name(model_name))

    def _link_name(self, body: int) -> str:
        return sdf_name(self._model.body(body).name) if body else ''


def add_inertial(link: Element, model: mujoco.MjModel, body: int) -> None:
    """Add mass, centre and principal inertia of a body to its link."""
    inertial = add(link, 'inertial')
    mass, inertia = float(model.body_mass[body]), model.body_inertia[body]
    if mass == 0.0:
        mass, inertia = _NO_MASS_KG, np.full(3, _NO_INERTIA)
    add_pose(inertial, model.body_ipos[body], model.body_iquat[body])
    add(inertial, 'mass', mass)
    tensor = add(inertial, 'inertia')
    for axis, value in zip(('ixx', 'iyy', 'izz'), inertia, strict=True):
        add(tensor, axis, value)
    for product in ('ixy', 'ixz', 'iyz'):
        add(tensor, product, 0.0)


def _add_ends(joint: Element, parent: str, child: str) -> None:
    add(joint, 'parent', parent)
    add(joint, 'child', child)
