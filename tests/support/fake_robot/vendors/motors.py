"""How what the motors got stands to the limits of the cell, over all files that a robot wrote."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from support.fake_robot.motor_log import motor_report, MotorLog, MotorReport
from support.fake_robot.vendors.robots import judged_joints
from vla_contract.deployment.cell import Cell
from vla_contract.values import to_ns

_ARM_S = 0.02


@dataclass(frozen=True)
class Worst:
    """The worst moments of all channels; a share is a part of the limit, 1 is the limit.

    Args:
        velocity: of what a trajectory controller writes.
        acceleration: likewise.
        arm_velocity: of the arm behind its servos, whatever kind of channel commands it.
        not_finite: writes that were no numbers.
    """

    velocity: float
    acceleration: float
    arm_velocity: float
    not_finite: int


def worst_of(cell: Cell, folder: Path) -> Worst:
    """Judge motors_*.npz in a folder."""
    return worst_of_logs(cell, map(read_log, sorted(folder.glob('motors_*.npz'))))


def worst_of_logs(cell: Cell, logs: Iterable[MotorLog]) -> Worst:
    """Judge logs, each of a motion without a break."""
    velocity = {joint.name: joint.velocity for joint in cell.joints}
    acceleration = {joint.name: joint.acceleration for joint in cell.joints}
    written, arm = [], []
    arm_joints = [cell.joint_names[i] for i in cell.arm]
    for log in logs:
        limits = velocity, acceleration
        written += [motor_report(log, joints, *limits) for joints in judged_joints(cell).values()]
        arm.append(motor_report(_every(_ARM_S, log), arm_joints, *limits))
    return Worst(
        _most('velocity', written),
        _most('acceleration', written),
        _most('arm_velocity', arm),
        sum(report.not_finite for report in [*written, *arm]),
    )


def _every(period_s: float, log: MotorLog) -> MotorLog:
    """Return rows that far apart: a world whose step is longer moves in some cycles only."""
    kept = MotorLog(log.joints, max(len(log.times_ns), 1))
    last_ns = 0
    for row in zip(log.times_ns, log.commands, log.positions, log.claimed, strict=True):
        if row[0] - last_ns >= to_ns(period_s):
            last_ns = int(row[0])
            kept.add(*row)
    return kept


def read_log(path: Path) -> MotorLog:
    """Return what one file has."""
    with np.load(path) as found:
        times_ns, commands, positions, claimed = (
            found[name] for name in ('times_ns', 'commands', 'positions', 'claimed')
        )
        log = MotorLog([str(name) for name in found['joints']], max(len(times_ns), 1))
    for row in zip(times_ns, commands, positions, claimed, strict=True):
        log.add(*row)
    return log


def _most(name: str, reports: list[MotorReport]) -> float:
    return max((float(getattr(report, name)) for report in reports), default=0.0)
