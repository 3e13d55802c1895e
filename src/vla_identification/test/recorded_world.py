"""Motions recorded from a simulated robot that plays the real one."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.values import to_ns
from vla_identification.motion_recording import MotionRecording
from vla_sim_bridge.randomization.randomization import RandomizationConfig
from vla_sim_bridge.randomization.term import TermConfig
from vla_sim_bridge.scene.world import World

DEPLOYMENT = load_deployment('vx300s_lift_cube')
CELL = DEPLOYMENT.cell


def hidden_world(values: dict[str, np.ndarray], deployment: Deployment = DEPLOYMENT) -> World:
    """Return a world whose terms have exactly these numbers."""
    terms = {
        name: TermConfig(ranges=tuple((float(v), float(v)) for v in np.atleast_1d(numbers)))
        for name, numbers in values.items()
    }
    return World(deployment, RandomizationConfig(terms=terms))


def record(world: World, motion, duration_s: float, seed: int = 0) -> MotionRecording:
    """Send a motion to a world that has just been reset; without a filter, as it is."""
    world.reset(seed)
    cell, period_ns = world.cell, to_ns(1.0 / world.cell.rates.filter_hz)
    start_ns, start = world.time_ns, world.command
    time_s, command, measured, poses = [], [], [], []
    while (now_s := (world.time_ns - start_ns) / 1e9) <= duration_s:
        time_s.append(now_s)
        measured.append(world.joint_sample().position)
        poses.append(world.target_pose())
        command.append(start + motion(now_s))
        world.step(command[-1], period_ns)
    stamps = np.array(time_s)
    return MotionRecording(
        names=cell.joint_names,
        command_s=stamps,
        command=np.array(command),
        measured_s=stamps,
        measured=np.array(measured),
        object_s=stamps,
        object_pose=np.array(poses),
    )


def waves(cell: Cell = CELL, amplitude: float = 0.25):
    """Return a motion of all joints of the arm with three frequencies each, from rest."""
    arm = np.array(cell.arm)
    rate = 2 * np.pi * np.array([0.35, 0.8, 1.7])[:, None] * (1 + 0.07 * np.arange(len(arm)))
    share = np.array([0.5, 0.3, 0.2])[:, None]

    def motion(time_s: float) -> np.ndarray:
        offset = np.zeros(len(cell.joints))
        fade = min(time_s / 0.5, 1.0)
        offset[arm] = amplitude * fade**3 * (share * np.sin(rate * time_s)).sum(axis=0)
        return offset

    return motion
