"""Which pose to take next: of those where the board is well in view, the most informative one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from vla_calibration.board.view_geometry import view_geometry
from vla_calibration.capture.views.information import (
    gain,
    view_information,
    ViewNoise,
    worst_axis_sigma_m,
)
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.lens import Lens
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector

# A steeper board is found less often, and its far corners blur into one another.
_LARGEST_TILT_DEG = 60.0
# Corners nearer to the border lose part of their sub-pixel window [share of the image].
_BORDER = 0.03
# How far wanted views are tilted and rolled: more gained nothing in simulated studies [rad].
_TILT_RAD, _ROLL_RAD = np.radians(45.0), np.radians(60.0)
# Reach of the candidates around a pose that was taken [rad]; the board must stay in view.
_REACH_RAD = 0.5


@dataclass(frozen=True, eq=False)
class Candidate:
    """A pose of the arm, and the view it would give.

    Attributes:
        position: all joints in the cell's order, shape (D,) [rad or m].
        T_camera_board: shape (4, 4) [m].
        T_camera_tool: shape (4, 4) [m].
    """

    position: Vector
    T_camera_board: Vector
    T_camera_tool: Vector


@dataclass(frozen=True, eq=False)
class Proposal:
    """The view that would help most.

    Attributes:
        candidate: where to go.
        gain: rise of log det of the information of X.
        sigma_m: worst-axis standard deviation of the camera's position after it [m].
    """

    candidate: Candidate
    gain: float
    sigma_m: float


def propose(
    total: Vector, candidates: Sequence[Candidate], points: Vector, lens: Lens, noise: ViewNoise
) -> Proposal | None:
    """Return the best of the candidates that see the whole board; None where none does.

    Args:
        total: information of the views so far, shape (12, 12).
        candidates: what the arm can do.
        points: points of the board, shape (n, 3) [m].
        lens: the camera.
        noise: of corners and robot.
    """
    best: Proposal | None = None
    for candidate in candidates:
        T = candidate.T_camera_board
        if not is_well_in_view(T, points, lens):
            continue
        extra = view_information(T, candidate.T_camera_tool, points, lens, noise)
        rise = gain(total, extra)
        if best is None or rise > best.gain:
            best = Proposal(candidate, rise, worst_axis_sigma_m(total + extra))
    return best


def is_well_in_view(T_camera_board: Vector, points: Vector, lens: Lens) -> bool:
    """Whether all of the board is in the image, in front of the camera and not too steep."""
    depth = points @ T_camera_board[2, :3] + T_camera_board[2, 3]
    if depth.min() <= 0.05:
        return False
    # The printed side of the board is where its z axis points away from the camera.
    if T_camera_board[:3, 2] @ T_camera_board[:3, 3] <= 0.0:
        return False
    if view_geometry(T_camera_board, points).tilt_deg > _LARGEST_TILT_DEG:
        return False
    # Strong distortion folds far points back into the image: look at the ideal ray first.
    ideal = (points @ T_camera_board[:2, :3].T + T_camera_board[:2, 3]) / depth[:, None]
    widest = np.abs(lens.normalise(np.array([[0.0, 0.0], [lens.width, lens.height]]))).max(axis=0)
    if (np.abs(ideal) > widest).any():
        return False
    pixels = lens.project(points, T_camera_board) / [lens.width, lens.height]
    return bool((pixels >= _BORDER).all() and (pixels <= 1.0 - _BORDER).all())


def wanted_views(points: Vector, lens: Lens, count: int, seed: int = 0) -> list[Vector]:
    """Return good views of a board: tilted and rolled every way, large, all over the image.

    Args:
        points: of the board, shape (n, 3) [m].
        lens: the camera.
        count: how many to draw; those that the image does not hold are left out.
        seed: the same seed gives the same views.

    Returns:
        Poses of the board in the camera, each of shape (4, 4) [m].
    """
    rng = np.random.default_rng(seed)
    middle, extent = points.mean(axis=0), np.ptp(points[:, :2], axis=0)
    full = float((extent * [lens.K[0, 0], lens.K[1, 1]] / lens.size).max())
    views = []
    for _ in range(count):
        axis, roll = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(-_ROLL_RAD, _ROLL_RAD)
        tilt = rng.uniform(0.2, 1.0) * _TILT_RAD * np.array([np.cos(axis), np.sin(axis), 0.0])
        turn = se3.exp(np.array([*tilt, 0, 0, 0])) @ se3.exp(np.array([0, 0, roll, 0, 0, 0]))
        distance = full / rng.uniform(0.4, 0.75)
        aside = rng.uniform(-0.2, 0.2, 2) * lens.size / [lens.K[0, 0], lens.K[1, 1]]
        turn[:3, 3] = distance * np.array([*aside, 1.0]) - turn[:3, :3] @ middle
        views.append(turn)
    return [T for T in views if is_well_in_view(T, points, lens)]


def nearby_positions(
    cell: Cell, taken: Sequence[Vector], count: int, seed: int = 0
) -> list[Vector]:
    """Return joint positions around those that were taken, within the limits of the joints.

    They know nothing of obstacles: they are proposals to a person.

    Args:
        cell: whose joints move.
        taken: positions to start from, each of shape (D,) [rad or m].
        count: how many.
        seed: the same seed gives the same positions.
    """
    rng = np.random.default_rng(seed)
    lower = np.array([joint.lower for joint in cell.joints])
    upper = np.array([joint.upper for joint in cell.joints])
    arm = list(cell.arm)
    positions = []
    for k in range(count):
        position = np.array(taken[k % len(taken)])
        position[arm] += rng.uniform(-_REACH_RAD, _REACH_RAD, len(arm))
        positions.append(np.clip(position, lower, upper))
    return positions


def most_turned(tools: Sequence[Pose], taken: Sequence[Pose]) -> int:
    """Return the index of the tool pose whose rotation is furthest from all that were taken.

    For the first views, when nothing is known yet of where the camera is.
    """
    there = np.array([pose.rotation for pose in taken])
    apart = [
        np.linalg.norm(se3.rotation_vectors(there.swapaxes(1, 2) @ tool.rotation), axis=1).min()
        for tool in tools
    ]
    return int(np.argmax(apart))
