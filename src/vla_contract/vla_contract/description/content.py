"""The hash of a robot's description, which may change while the robot's YAML does not."""

import hashlib

import mujoco
import numpy as np
from vla_contract.deployment.robot import Robot
from vla_contract.description.reading import compiled, read_robot


def description_sha256(robot: Robot) -> str:
    """Return the SHA-256 of a robot's compiled model as 64 hexadecimal digits.

    Frames, axes, ranges, shapes and meshes are in it, with what the files include; comments and
    names of files are not. Another version of MuJoCo may give another one.

    Args:
        robot: of a cell; with several robots, all of them together.

    Returns:
        The hash; '' for a robot without a model.

    Raises:
        ContractError, ResourceNotFoundError: as `read_robot`.
    """
    if not robot.model.is_given:
        return ''
    spec = read_robot(robot)
    model = compiled(robot.model, spec.compile)
    binary = np.empty(mujoco.mj_sizeModel(model), np.uint8)
    mujoco.mj_saveModel(model, None, binary)
    return hashlib.sha256(binary).hexdigest()
