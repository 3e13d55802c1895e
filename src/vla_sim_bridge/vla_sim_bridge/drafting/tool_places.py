"""Where the tools of a robot's file are at home, and where they get to."""

from pathlib import Path

import mujoco
import numpy as np
from vla_contract.deployment.robot import ARM, build_robot, Robot
from vla_contract.deployment.robot_model import WORLD
from vla_contract.description.reading import compiled, read_robot
from vla_contract.errors import UnknownNameError
from vla_contract.schema import load_yaml
from vla_contract.values import Vector
from vla_sim_bridge.drafting.cell_file import Places
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree
from vla_sim_bridge.drafting.kinematics.surface import points_of_bodies

_POSES = 1000


def load_robot_file(path: Path) -> Robot:
    """Return the robot of a file.

    Raises:
        ContractError, ResourceNotFoundError: as `build_robot`, `load_yaml`.
    """
    return build_robot(load_yaml(path), path)


def tool_places(robot: Robot) -> Places:
    """Return where the tools of a robot are, in its base frame.

    Raises:
        ContractError: the robot has no tool, or its model cannot be read.
    """
    robot.tool  # noqa: B018 - says so when there is none
    model = compiled(robot.model, read_robot(robot).compile)
    data, rng = mujoco.MjData(model), np.random.default_rng(0)
    sites = [model.site(tool.point).id for tool in robot.tools]
    base = 0 if robot.model.base_body == WORLD else model.body(robot.model.base_body).id
    arm = [robot.joints[i] for i in robot.indices(ARM)]
    known = [model.joint(i).name for i in range(model.njnt)]
    for joint in arm:
        if joint.model_joint not in known:
            raise UnknownNameError('joint', joint.model_joint, f'the model of {robot.name}', known)
    addresses = [model.joint(joint.model_joint).qposadr[0] for joint in arm]
    low, high = (np.array([getattr(j, end) for j in arm]) for end in ('lower', 'upper'))

    def places(position: Vector) -> Vector:
        data.qpos[addresses] = position
        mujoco.mj_kinematics(model, data)
        rotation = data.xmat[base].reshape(3, 3)
        found: Vector = (data.site_xpos[sites] - data.xpos[base]) @ rotation
        return found

    home = places(np.array([joint.home for joint in arm]))
    shapes = points_of_bodies(model, data, _first_links(robot, JointTree(model)), base)
    reached = [places(rng.uniform(low, high)) for _ in range(_POSES)]
    return Places(home, np.concatenate(reached), float(shapes[:, 2].min(initial=1.0)))


def _first_links(robot: Robot, tree: JointTree) -> list[int]:
    """Return the bodies of the first two joints of each arm, which stay near the base."""
    arms = [group.joints[:2] for group in robot.groups if group.kind == ARM]
    joints = {joint.name: joint.model_joint for joint in robot.joints}
    return [body for arm in arms for name in arm for body in tree.link(tree.index(joints[name]))]
