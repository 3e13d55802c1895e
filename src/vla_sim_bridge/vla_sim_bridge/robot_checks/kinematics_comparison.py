"""Whether two descriptions of an arm agree: where each joint's axis is, in many poses."""

from pathlib import Path

import mujoco
import numpy as np
from vla_contract.check import Check, measured, skipped
from vla_contract.deployment.robot import ARM, Robot
from vla_contract.deployment.robot_model import WORLD
from vla_contract.description.reading import compiled, read_robot
from vla_contract.errors import VlaError
from vla_contract.values import Vector
from vla_sim_bridge.drafting.reading.description import format_of, read_description

_NAME, _POSES = 'same kinematics', 100
_ALLOWED = 'axes within 1 mm and 0.1 deg of each other in 100 poses'
_FIX = (
    'another base frame, another zero pose, or another arm: look at the first joint that differs'
)
_SAME_M, _SAME_RAD = 1e-3, 1.75e-3


def check_same_kinematics(robot: Robot, other: str) -> list[Check]:
    """Compare a robot's model with another description of the same arm.

    The same joint has the same name in both, or the same place in the chain.

    Args:
        robot: as loaded.
        other: URDF, xacro or MJCF.
    """
    try:
        path = Path(other).resolve()
        described = read_description({format_of(other): str(path)}, path.parent)
        second = compiled(other, described.spec.compile)
        first = compiled(robot.model, read_robot(robot).compile)
    except VlaError as error:
        return [skipped(_NAME, str(error), _ALLOWED, 'change the path')]
    pairs = _pairs(robot, second)
    if not pairs:
        names = [second.joint(j).name for j in range(second.njnt)]
        return [skipped(_NAME, f'{other} has joints {", ".join(names)}', _ALLOWED, 'other names')]
    base = str(described.model['base_body'])
    one = _Chain(first, robot.model.base_body, [a for a, _ in pairs])
    two = _Chain(second, base, [b for _, b in pairs])
    joints = {joint.model_joint: joint for joint in robot.joints}
    arm = [joints[a] for a, _ in pairs]
    low, high = (np.array([getattr(joint, end) for joint in arm]) for end in ('lower', 'upper'))
    rng = np.random.default_rng(0)
    differences = np.array(
        [_difference(one.axes(q), two.axes(q)) for q in rng.uniform(low, high, (_POSES, len(arm)))]
    )
    worst = differences.max(axis=0)
    is_off = (worst[:, 0] > _SAME_M) | (worst[:, 1] > _SAME_RAD)
    k = int(np.argmax(is_off)) if is_off.any() else int(np.argmax(worst[:, 0]))
    text = (
        f'{len(arm)} joints; the axis of {arm[k].name} is off by {1e3 * worst[k, 0]:.3g} mm and '
        f'{np.rad2deg(worst[k, 1]):.3g} deg'
    )
    return [measured(_NAME, not is_off.any(), text, _ALLOWED, _FIX)]


class _Chain:
    """Axes of some joints of a compiled model in its base frame."""

    def __init__(self, model: mujoco.MjModel, base: str, joints: list[str]) -> None:
        self._model, self._data = model, mujoco.MjData(model)
        self._base = 0 if base == WORLD else model.body(base).id
        self._joints = [model.joint(name).id for name in joints]

    def axes(self, positions: Vector) -> tuple[Vector, Vector]:
        """Return a point of each axis, shape (n, 3) [m], and its direction, shape (n, 3)."""
        model, data = self._model, self._data
        data.qpos[model.jnt_qposadr[self._joints]] = positions
        mujoco.mj_kinematics(model, data)
        rotation = data.xmat[self._base].reshape(3, 3)
        points = (data.xanchor[self._joints] - data.xpos[self._base]) @ rotation
        return points, data.xaxis[self._joints] @ rotation


def _difference(first: tuple[Vector, Vector], second: tuple[Vector, Vector]) -> Vector:
    """Return for each joint how far the second point is from the first axis, and their angle.

    Any point of an axis describes it, so distances along it do not count.
    """
    (p, a), (q, b) = first, second
    offset = q - p
    aside = offset - np.sum(offset * a, axis=1)[:, None] * a
    angle = np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), np.sum(a * b, axis=1))
    return np.column_stack([np.linalg.norm(aside, axis=1), angle])


def _pairs(robot: Robot, other: mujoco.MjModel) -> list[tuple[str, str]]:
    """Return names of the same arm joints in both models."""
    arm = [robot.joints[i] for i in robot.indices(ARM)]
    names = [other.joint(j).name for j in range(other.njnt)]
    named = [(joint, name) for joint in arm for name in names
             if name in (joint.name, joint.model_joint)]  # fmt: skip
    if named:
        return [(joint.model_joint, name) for joint, name in named]
    if len(names) < len(arm):
        return []
    return [(joint.model_joint, name) for joint, name in zip(arm, names, strict=False)]
