"""How the joints without a motor follow the gripper joint, measured by closing it.

A linkage is a closed chain, which SDF cannot hold; the mimic joints of SDF 1.11, which readers of
1.9 skip and Gazebo Harmonic takes over, come close: of the 2F-85 within 0.02 rad.
"""

from dataclasses import dataclass

import numpy as np
from vla_contract.values import to_ns, Vector
from vla_sim_bridge.scene.robot_spec import ROBOT
from vla_sim_bridge.scene.world import World

_STEPS, _STEP_S = 9, 0.5


@dataclass(frozen=True)
class Follower:
    """A joint that moves with another: position = multiplier * that of the other + offset.

    Attributes:
        joint: the joint, as the model names it.
        leader: the joint it follows.
        multiplier: slope of the line through the measured positions.
        offset: position when the leader is at 0 [rad or m].
        error: largest distance of a measured position from the line [rad or m].
    """

    joint: str
    leader: str
    multiplier: float
    offset: float
    error: float


def find_followers(world: World) -> list[Follower]:
    """Return how each joint that the cell does not command follows another.

    Where the robot says it, that counts; the others are measured, which leaves the world in
    the middle of it: reset it afterwards.
    """
    cell = world.cell
    declared = [
        Follower(ROBOT + m.joint, ROBOT + m.follows, m.multiplier, m.offset, 0.0)
        for m in cell.robot.model.mimics
    ]
    known = {ROBOT + joint.model_joint for joint in cell.joints}
    known |= {follower.joint for follower in declared}
    robot = [world.model.joint(j).name for j in range(world.model.njnt)]
    passive = [name for name in robot if name.startswith(ROBOT) and name not in known]
    return declared + (_measured(world, passive) if passive and cell.grippers else [])


def _measured(world: World, passive: list[str]) -> list[Follower]:
    """Close each gripper in steps; fit a line to each passive joint of the one that moves it."""
    closed = [_closing(world, gripper, passive) for gripper in world.cell.grippers]
    followers = []
    for column, name in enumerate(passive, start=1):
        leader, steps = max(closed, key=lambda one: np.ptp(one[1][:, column]))
        commanded, positions = steps[:, 0], steps[:, column]
        multiplier, offset = np.polyfit(commanded, positions, 1)
        error = np.abs(multiplier * commanded + offset - positions).max()
        followers.append(Follower(name, leader, float(multiplier), float(offset), float(error)))
    return followers


def _closing(world: World, gripper: int, passive: list[str]) -> tuple[str, Vector]:
    """Return a gripper's joint, and its positions and those of others, shape (steps, 1 + P)."""
    joint = world.cell.joints[gripper]
    names = [ROBOT + joint.model_joint, *passive]
    measured = []
    for position in np.linspace(joint.open, joint.closed, _STEPS):
        command = world.command
        command[gripper] = position
        # Once to get there, once to come to rest.
        world.step(command, to_ns(_STEP_S))
        world.step(command, to_ns(_STEP_S))
        measured.append([world.data.joint(name).qpos[0] for name in names])
    return names[0], np.array(measured)
