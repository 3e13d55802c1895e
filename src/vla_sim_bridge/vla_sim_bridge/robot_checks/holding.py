"""Whether the simulated arm holds still at home, and its physics stays finite."""

import mujoco
import numpy as np
from vla_contract.check import Check, measured, Status
from vla_contract.deployment.deployment import load_deployment
from vla_contract.values import to_ns, Vector
from vla_sim_bridge.scene.world import World

HOLD_S = 2.0
# A step that arms take without contact, and how far from it a servo may come to rest.
_STEP, _MISS = 0.05, 5e-3
# What a servo is off by at rest: a tenth of a degree, a millimetre.
_DRIFT = 2e-3
_SERVO = 'softer or stiffer servo, see servo: in the file'
# Warnings of the physics that stand for a motion that is none.
_BAD = (
    mujoco.mjtWarning.mjWARN_BADQPOS,
    mujoco.mjtWarning.mjWARN_BADQVEL,
    mujoco.mjtWarning.mjWARN_BADQACC,
    mujoco.mjtWarning.mjWARN_BADCTRL,
)
# Far away: the object of the task is no part of what is asked.
_NO_OBJECT = {
    'task.simulation.areas.cube.x_m': [4.5, 4.5],
    'task.simulation.areas.cube.y_m': [4.5, 4.5],
    'task.simulation.home_jitter_rad': 0.0,
}


def check_holding(cell: str) -> list[Check]:
    """Simulate a cell with its robot told to stay at home.

    Args:
        cell: name or path.

    Raises:
        VlaError: the model cannot be read or does not fit the robot.
    """
    deployment = load_deployment(cell=cell, policy='hold', task='lift_cube', overrides=_NO_OBJECT)
    world = World(deployment)
    world.reset(0)
    home, arm = world.command, list(world.cell.arm)
    world.step(home, to_ns(HOLD_S))
    physics = _physics(world.data)
    if not physics.is_good_enough:
        return [physics]
    held = _off(world, home, 'holds still', f'after {HOLD_S:g} s', _DRIFT)
    joints = [world.cell.joints[i] for i in arm]
    # Away from the nearer end of each range.
    away = [_STEP if 2 * joint.home < joint.lower + joint.upper else -_STEP for joint in joints]
    target = home.copy()
    target[arm] += away
    world.step(target, to_ns(0.5))
    world.step(target, to_ns(1.0))
    moved = _off(world, target, 'servos settle', f'1 s after a move of {_STEP:g}', _MISS)
    return [_physics(world.data), held, moved]


def _off(world: World, target: Vector, name: str, when: str, allowed: float) -> Check:
    arm = list(world.cell.arm)
    sample = world.joint_sample()
    off = np.abs(sample.position - target)[arm]
    k = int(np.argmax(off))
    text = f'{world.cell.joints[arm[k]].name} is {off[k]:.2g} off {when}'
    return measured(name, bool(off[k] < allowed), text, f'{allowed:g} or less', _SERVO)


def _physics(data: mujoco.MjData) -> Check:
    bad = [kind.name.removeprefix('mjWARN_') for kind in _BAD if data.warning[int(kind)].number]
    if not np.isfinite(data.qpos).all():
        bad.append('positions that are no numbers')
    allowed = 'finite positions, speeds and forces'
    if bad:
        text = f'the simulation diverges: {", ".join(bad)}'
        return Check('physics', Status.FAIL, text, allowed, f'limits in other units? {_SERVO}')
    return Check('physics', Status.OK, 'no warning', allowed)
