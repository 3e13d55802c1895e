"""Which way round a board lies that looks the same after a turn: the robot's poses tell.

Between two views robot and board turn by the same angle only if both views call the same corner
the first. Which corner that is stays open: it moves Y, the pose of the board, and not X.
"""

import numpy as np
from numpy.typing import NDArray
from vla_calibration.geometry import se3
from vla_calibration.hand_eye.solve.methods import angle_errors, centre_errors, initial_guess
from vla_calibration.hand_eye.solve.problem import HandEyeError, Problem
from vla_calibration.hand_eye.solve.ransac import consensus
from vla_contract.values import Vector

# Views that are tried as the one that the others are compared with.
_REFERENCES = 6
_MOST_ROUNDS = 10
# Median error [rad, m] of views that agree; wrong turns leave a radian.
_AGREES, _LARGEST = 0.03, 0.3


def settle_turns(problem: Problem, turns: Vector) -> NDArray[np.intp]:
    """Return which turn each view's board has, index into `turns`, shape (n,).

    Args:
        problem: the views, with boards that may be turned.
        turns: turns that the board does not show, shape (k, 4, 4).

    Raises:
        HandEyeError: no choice makes the views agree.
    """
    boards = problem.B[:, None] @ turns
    best: tuple[float, NDArray[np.intp]] | None = None
    places = np.linspace(0, len(problem) - 1, min(_REFERENCES, len(problem))).astype(int)
    for reference in np.unique(places):
        tried = _agreeing(problem, boards, _by_angle(problem, boards, reference))
        if tried is not None and (best is None or tried[0] < best[0]):
            best = tried
        if best is not None and best[0] <= _AGREES:
            break
    if best is None or best[0] > _LARGEST:
        raise HandEyeError(
            'hand-eye: the board looks the same after a turn, and the poses of the robot do not '
            'tell which way round it was; use a board with cols + rows odd, or ChArUco'
        )
    return best[1]


def _by_angle(problem: Problem, boards: Vector, reference: int) -> NDArray[np.intp]:
    """Choose for each view the turn with which robot and board turn by like angles."""
    robot = _angles(se3.inverse(problem.A[reference]) @ problem.A)
    board = _angles(boards[reference, 0] @ se3.inverse(boards))
    choice: NDArray[np.intp] = np.abs(board - robot[:, None]).argmin(axis=1)
    return choice


def _agreeing(
    problem: Problem, boards: Vector, choice: NDArray[np.intp]
) -> tuple[float, NDArray[np.intp]] | None:
    """Solve and choose in turn; returns the median error of angles [rad] and the choice."""
    for _ in range(_MOST_ROUNDS):
        chosen = _with(problem, boards[np.arange(len(choice)), choice])
        found = consensus(chosen)
        try:
            X, Y = initial_guess(chosen) if found is None else found[:2]
        except HandEyeError:
            return None
        errors = np.stack(
            [angle_errors(_with(problem, boards[:, k]), X, Y) for k in range(boards.shape[1])],
            axis=1,
        )
        now = errors.argmin(axis=1)
        if (now == choice).all():
            # Metres beside radians: a board is read from about that far away.
            off = errors.min(axis=1) + centre_errors(chosen, X, Y)
            return float(np.median(off)), now
        choice = now
    return None


def _with(problem: Problem, boards: Vector) -> Problem:
    return Problem(
        problem.A, boards, problem.S, problem.board_centre, problem.gripper_is_reference
    )  # fmt: skip


def _angles(T: Vector) -> Vector:
    angles: Vector = np.linalg.norm(se3.rotation_vectors(T[..., :3, :3]), axis=-1)
    return angles
