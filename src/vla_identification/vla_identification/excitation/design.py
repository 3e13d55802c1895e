"""Chooses an identification motion for a robot in a cell: within their limits, and telling."""

from dataclasses import dataclass

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.errors import VlaError
from vla_contract.schema import setting
from vla_contract.values import Vector
from vla_identification.excitation.fourier_motion import FourierMotion, random_motion
from vla_identification.excitation.joint_track import JointTrack
from vla_identification.excitation.workspace_room import WorkspaceRoom

# Distance kept from the ends of the joints' ranges [rad or m], and more than the filter keeps
# from walls [m], so that it need not intervene.
_JOINT_MARGIN, _WALL_MARGIN_M = 0.05, 0.01
# Postures looked at while the motion is fitted into the workspace, and when it is checked [Hz].
_SEARCH_HZ, _CHECK_HZ = 15.0, 100.0
_SHRINK, _MOST_SHRINKS = 0.85, 60


@dataclass(frozen=True)
class ExcitationConfig:
    """What kind of motion is wanted."""

    duration_s: float = setting(12.0, doc='length', unit='s', lower=2.0, upper=120.0)
    lowest_hz: float = setting(0.1, doc='slowest harmonic', unit='Hz', lower=0.02, upper=5.0)
    highest_hz: float = setting(1.6, doc='fastest harmonic', unit='Hz', lower=0.05, upper=10.0)
    harmonics: int = setting(8, doc='frequencies per joint', lower=2, upper=50)
    share: float = setting(
        0.5, doc='of the limits of joints and workspace in use', lower=0.01, upper=0.95
    )
    sway: float = setting(0.6, doc='farthest from home', unit='rad or m', lower=0.01, upper=3.0)
    candidates: int = setting(200, doc='motions to choose from', lower=1, upper=100_000)


@dataclass(frozen=True, eq=False)
class Excitation:
    """A motion and how good it is.

    Attributes:
        motion: the motion.
        condition: of the worst joint's regressor; 1 is best.
        distance_m: least distance kept to walls and between links, beyond what the cell asks [m].
        speed_m_s: of the fastest control point [m/s].
    """

    motion: FourierMotion
    condition: float
    distance_m: float
    speed_m_s: float

    def track(self, cell: Cell) -> JointTrack:
        """Return the motion sampled at the filter's rate."""
        time_s = _times(self.motion, cell.rates.filter_hz)
        return JointTrack(cell.joint_names, time_s, self.motion.at(time_s))


def design_excitation(cell: Cell, config: ExcitationConfig, seed: int) -> Excitation:
    """Return the candidate whose worst joint is conditioned best, fitted into all limits.

    Raises:
        VlaError: the arm's home is too near to a wall or to the end of a joint's range.
    """
    rng = np.random.default_rng(seed)
    frequencies = np.array(np.geomspace(config.lowest_hz, config.highest_hz, config.harmonics))
    fade_s = min(1.0, config.duration_s / 4.0)
    candidates = (
        random_motion(cell.home, cell.arm, frequencies, config.duration_s, fade_s, rng)
        for _ in range(config.candidates)
    )
    best = min(candidates, key=worst_condition)
    motion = _fit_into_workspace(cell, config, _fit_into_limits(cell, config, best))
    room, time_s = WorkspaceRoom(cell), _times(motion, _CHECK_HZ)
    arm = motion.at(time_s)[:, cell.arm]
    distance_m, speed_m_s = room.distance_m(arm), room.speed_m_s(arm, 1.0 / _CHECK_HZ)
    return Excitation(motion, worst_condition(motion), distance_m, speed_m_s)


def worst_condition(motion: FourierMotion) -> float:
    """Return the largest condition number among the joints' regressors.

    A joint's torque is c + f sign(v) + d v + m a to first order: offset, dry friction, damping,
    inertia. Columns are scaled to unit length, so that only their angles count.
    """
    time_s = _times(motion, 50.0)
    position = motion.at(time_s)[:, motion.joints]
    velocity = np.gradient(position, time_s, axis=0)
    acceleration = np.gradient(velocity, time_s, axis=0)
    worst = 1.0
    for v, a in zip(velocity.T, acceleration.T, strict=True):
        columns = np.column_stack([np.ones_like(v), np.sign(v), v, a])
        columns /= np.linalg.norm(columns, axis=0)
        worst = max(worst, float(np.linalg.cond(columns)))
    return worst


def _fit_into_limits(cell: Cell, config: ExcitationConfig, motion: FourierMotion) -> FourierMotion:
    """Scale each joint to the nearest of its limits."""
    time_s = _times(motion, 200.0)
    sway = (motion.at(time_s) - motion.centre)[:, motion.joints]
    velocity = np.gradient(sway, time_s, axis=0)
    acceleration = np.gradient(velocity, time_s, axis=0)
    factors = []
    for joint, moves in zip(
        cell.arm, zip(sway.T, velocity.T, acceleration.T, strict=True), strict=True
    ):
        limits = cell.joints[joint]
        q, v, a = (float(np.abs(values).max()) for values in moves)
        reach = min(limits.upper - limits.home, limits.home - limits.lower) - _JOINT_MARGIN
        if reach <= 0.0:
            raise VlaError(
                f'{limits.name}: its home {limits.home:g} is at the end of its range; allowed: '
                f'more than {_JOINT_MARGIN:g} away'
            )
        factors.append(
            min(
                min(reach, config.sway) / q,
                config.share * limits.velocity / v,
                config.share * limits.acceleration / a,
            )
        )
    return motion.scaled(np.array(factors))


def _fit_into_workspace(
    cell: Cell, config: ExcitationConfig, motion: FourierMotion
) -> FourierMotion:
    """Shrink, one by one, the joint whose shrinking gives the most room until there is enough."""
    room, time_s = WorkspaceRoom(cell), _times(motion, _SEARCH_HZ)
    speed_limit = config.share * cell.workspace.speed

    def lack(tried: FourierMotion) -> float:
        """Return how much is wanting; walls in metres, speeds in the same size of numbers."""
        arm = tried.at(time_s)[:, cell.arm]
        excess = room.speed_m_s(arm, 1.0 / _SEARCH_HZ) / speed_limit - 1.0
        return max(0.0, _WALL_MARGIN_M - room.distance_m(arm)) + max(0.0, excess)

    count = len(motion.joints)
    for _ in range(_MOST_SHRINKS):
        if lack(motion) == 0.0:
            return motion
        trials = [motion.scaled(1.0 - (1.0 - _SHRINK) * np.eye(count)[j]) for j in range(count)]
        motion = min(trials, key=lack)
    raise VlaError(
        f'no motion about the home of {cell.robot.name} keeps the workspace of {cell.name}: is '
        'home too near to a wall, or the workspace too small?'
    )


def _times(motion: FourierMotion, rate_hz: float) -> Vector:
    count = max(2, round(rate_hz * motion.duration_s) + 1)
    return np.array(np.linspace(0.0, motion.duration_s, count))
