"""How good the hand-eye will be with the views so far, and which view would help most."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from vla_calibration.board.pose import pose_information
from vla_calibration.capture.views.information import (
    view_information,
    ViewNoise,
    worst_axis_sigma_m,
)  # fmt: skip
from vla_calibration.capture.views.next_view import Candidate, most_turned, Proposal, propose
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.hand_eye.solve.checks import diversity_deg
from vla_calibration.hand_eye.solve.methods import initial_guess
from vla_calibration.hand_eye.solve.problem import HandEyeError, Problem
from vla_calibration.hand_eye.solve.solver import FEWEST_VIEWS, solve
from vla_calibration.lens.lens import Lens
from vla_contract.values import Vector

# Three rotations about two axes are the least that determines a hand-eye.
_FEWEST_FOR_A_GUESS = 3


@dataclass(frozen=True, eq=False)
class TakenView:
    """A view that counts.

    Attributes:
        position: all joints, shape (D,) [rad or m].
        tool: pose of the tool in the base.
        T_camera_board: pose of the board in the optical frame, shape (4, 4) [m].
        points: the points seen, shape (n, 3) [m].
    """

    position: Vector
    tool: Pose
    T_camera_board: Vector
    points: Vector


class HandEyeForecast:
    """Follows the views of one session; as soon as it can, it solves, and then knows more."""

    def __init__(self, setup: str, points: Vector, lens: Lens, noise: ViewNoise) -> None:
        """Begin without views.

        Args:
            setup: eye-in-hand or eye-to-hand.
            points: all points of the board, shape (n, 3) [m].
            lens: the camera.
            noise: what is expected of corners and robot until the views tell.
        """
        self._is_in_hand = setup == 'eye-in-hand'
        self._points = points
        self._lens = lens
        self._expected = self._noise = noise
        self._views: tuple[TakenView, ...] = ()
        self._guess: tuple[Vector, Vector] | None = None
        self._total: Vector = np.zeros((12, 12))
        self.problem = ''

    @property
    def sigma_m(self) -> float:
        """Standard deviation of the camera's position along its worst axis [m]; inf at first."""
        return worst_axis_sigma_m(self._total)

    @property
    def turned_deg(self) -> float:
        """How far the views turn about the axis about which they turn least [deg]."""
        if len(self._views) < _FEWEST_FOR_A_GUESS:
            return 0.0
        return float(diversity_deg(self._as_problem())[2])

    def update(self, views: Sequence[TakenView]) -> None:
        """Count these views, and no others."""
        self._views = tuple(views)
        self._noise = self._expected
        self._guess = self._solve()
        self._total = np.zeros((12, 12))
        for view in self._views:
            T_camera_tool = self._T_camera_tool(view.tool, view.T_camera_board)
            self._total = self._total + view_information(
                view.T_camera_board, T_camera_tool, view.points, self._lens, self._noise
            )

    def propose(self, positions: Sequence[Vector], tools: Sequence[Pose]) -> Proposal | None:
        """Return which of these joint positions, with their tool poses, to go to next.

        Before the camera's place is known: the one turned furthest from all views so far. None
        where there is nothing to choose from, or no position sees the board.
        """
        if not positions or not self._views:
            return None
        if self._guess is None:
            i = most_turned(tools, [view.tool for view in self._views])
            nowhere = np.full((4, 4), np.nan)
            return Proposal(Candidate(positions[i], nowhere, nowhere), 0.0, float('inf'))
        X, Y = self._guess
        candidates = []
        for position, tool in zip(positions, tools, strict=True):
            T = se3.inverse(X) @ se3.inverse(self._carrier(tool)) @ Y
            candidates.append(Candidate(position, T, self._T_camera_tool(tool, T)))
        return propose(self._total, candidates, self._points, self._lens, self._noise)

    def tool_for(self, T_camera_board: Vector) -> Pose | None:
        """Return where the tool has to be for a view; None before the camera's place is known."""
        if self._guess is None:
            return None
        X, Y = self._guess
        tool = self._views[0].tool
        A = Y @ se3.inverse(X @ T_camera_board)
        return Pose(tool.parent, tool.child, A if self._is_in_hand else se3.inverse(A))

    def _carrier(self, tool: Pose) -> Vector:
        """Return A of the equation A X B = Y."""
        return tool.T if self._is_in_hand else tool.inverse().T

    def _T_camera_tool(self, tool: Pose, T_camera_board: Vector) -> Vector:  # noqa: N802
        """Return where the tool is in the camera's frame; before that is known, a stand-in.

        The lever arm of the robot's error is what counts: none where the camera is on the tool,
        the distance of the board where that is on the tool.
        """
        if self._guess is None:
            return np.eye(4) if self._is_in_hand else T_camera_board
        inverse_X = se3.inverse(self._guess[0])
        result: Vector = inverse_X if self._is_in_hand else inverse_X @ tool.T
        return result

    def _solve(self) -> tuple[Vector, Vector] | None:
        self.problem = ''
        if len(self._views) < _FEWEST_FOR_A_GUESS:
            return None
        problem = self._as_problem()
        try:
            if len(self._views) < FEWEST_VIEWS:
                return initial_guess(problem)
            solution = solve(problem)
        except (HandEyeError, np.linalg.LinAlgError) as error:
            self.problem = str(error)
            return None
        # A robot that is better than expected may be a lucky few views; a worse one is not.
        self._noise = replace(
            self._expected,
            robot_m=max(self._expected.robot_m, solution.sigma.translation_m),
            robot_rad=max(self._expected.robot_rad, solution.sigma.rotation_rad),
        )
        wrong = np.flatnonzero(~solution.used.astype(bool))
        if len(wrong):
            self.problem = f'views that contradict the others: {", ".join(map(str, wrong))}'
        return solution.fit.X, solution.fit.Y

    def _as_problem(self) -> Problem:
        S = [
            self._noise.corner_px**2
            * np.linalg.inv(pose_information(view.T_camera_board, view.points, self._lens))
            for view in self._views
        ]
        return Problem(
            np.array([self._carrier(view.tool) for view in self._views]),
            np.array([view.T_camera_board for view in self._views]),
            np.array(S),
            self._points.mean(axis=0),
            gripper_is_reference=not self._is_in_hand,
        )
