"""Workspace, self-collision and Cartesian speed, as linear rows on the joints' speeds.

For every barrier h(q) >= 0, a control point's distance to a wall or the distance of two links,

    grad h . v >= -v*(h - margin; a_c, dt)

where v* is the braking speed for a Cartesian deceleration a_c that the joints can deliver (see
`braking`). The bound is zero at the margin, so a limit is approached ever more slowly and never
stops a motion along it or away from it.
"""

import numpy as np
from vla_action_filter.limits.braking import braking_speed
from vla_action_filter.limits.minimal_intervention import nearest_speed, towards
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.workspace import walls_of
from vla_contract.kinematics.workspace_kinematics import WorkspaceKinematics
from vla_contract.values import Vector

# What a row may be exceeded by before it counts, from the solver's softness [m/s].
_TOLERANCE = 1e-4


class CartesianLimiter:
    """Changes joint speeds as little as possible, so that points and links stay where they may."""

    def __init__(self, cell: Cell, dt: float) -> None:
        """Prepare for a cell's workspace.

        Raises:
            ContractError: the model cannot be loaded or lacks a body.
        """
        workspace, geometry = cell.workspace, cell.geometry
        self._dt = dt
        self._speed = workspace.speed
        self._deceleration = workspace.deceleration
        self._kinematics = WorkspaceKinematics(cell)
        self._names = [point.name for point in geometry.control_points]
        self._walls(cell)
        self._pairs = [f'{first}-{second}' for first, second in geometry.self_collision]
        self._clearance = workspace.clearance
        self._low: Vector = np.empty(0)
        self._high: Vector = np.empty(0)
        self.limited: tuple[str, ...] = ()
        self.solver_failures = 0

    def _walls(self, cell: Cell) -> None:
        """Turn boxes and planes into rows n . p - offset >= 0 of single control points."""
        walls = walls_of(cell.workspace, cell.geometry.control_points)
        self._wall_names = [wall.name for wall in walls]
        self._wall_points = np.array([wall.point for wall in walls], dtype=np.intp)
        self._normals = np.array([wall.normal for wall in walls]).reshape(-1, 3)
        self._offsets = np.array([wall.offset for wall in walls])

    def limit(
        self,
        position: list[float],
        desired: list[float],
        low: list[float],
        high: list[float],
        speed_scale: float,
    ) -> list[float]:
        """Return the nearest speeds inside the box; `limited` names what was active.

        Args:
            position: commanded arm joints, n of them [rad or m].
            desired: wanted speeds [rad/s or m/s].
            low: lowest allowed speeds, hard.
            high: highest allowed speeds, hard.
            speed_scale: share of the Cartesian speed limit in use, in [0, 1].
        """
        self._low, self._high = np.array(low), np.array(high)
        self._kinematics.update(position)
        points, jacobians = self._kinematics.points()
        self.limited = ()
        target = self._slowed(np.array(desired), jacobians, self._speed * speed_scale)
        chosen: Vector = np.clip(target, self._low, self._high)
        names, rows, room = self._rows(points, jacobians)
        if len(room) and np.min(rows @ chosen + room) < 0.0:
            violated = np.flatnonzero(rows @ chosen + room < -_TOLERANCE)
            self.limited += tuple(names[i] for i in violated)
            solved, found = nearest_speed(target, self._low, self._high, rows, room)
            if not found:
                self.solver_failures += 1
                solved = towards(
                    np.clip(0.0, self._low, self._high), target, self._low, self._high, rows, room
                )
            chosen = solved
        speeds: list[float] = chosen.tolist()
        return speeds

    def _slowed(self, desired: Vector, jacobians: Vector, limit: float) -> Vector:
        """Scale all joints alike, which keeps the path, until no control point is too fast."""
        if not len(jacobians):
            return desired
        moves = jacobians @ desired
        speeds = np.sqrt(np.einsum('ij,ij->i', moves, moves))
        fastest = int(np.argmax(speeds))
        if speeds[fastest] <= limit:
            return desired
        self.limited += (f'speed {self._names[fastest]}',)
        slowed: Vector = desired * (limit / speeds[fastest])
        return slowed

    def _rows(self, points: Vector, jacobians: Vector) -> tuple[list[str], Vector, Vector]:
        """Return names, gradients and room of those barriers that the box could cross."""
        heights = np.einsum('ij,ij->i', self._normals, points[self._wall_points]) - self._offsets
        gradients = np.einsum('ij,ijk->ik', self._normals, jacobians[self._wall_points])
        # The fastest approach inside the box, against the room of the square-root rule, which
        # exceeds the exact one by less than one step of deceleration.
        approach = self._fastest_approach(gradients)
        near = np.flatnonzero(approach > self._little_room(heights))
        names = [self._wall_names[i] for i in near]
        rows = [gradients[i] for i in near]
        room = [self._room(float(heights[i])) for i in near]
        for pair, left in self._near_pairs():
            names.append(f'self-collision {self._pairs[pair]}')
            rows.append(self._kinematics.separation(pair))
            room.append(self._room(left))
        if not rows:
            return names, np.empty((0, len(self._low))), np.empty(0)
        return names, np.array(rows), np.array(room)

    def _near_pairs(self) -> list[tuple[int, float]]:
        """Return those pairs that could meet at the fastest speeds of the box, and their room."""
        if not self._pairs:
            return []
        left = np.array(self._kinematics.distances()) - self._clearance
        speeds = self._kinematics.levers @ np.maximum(-self._low, self._high)
        return [(int(i), float(left[i])) for i in np.flatnonzero(speeds > self._little_room(left))]

    def _fastest_approach(self, gradients: Vector) -> Vector:
        """Return the largest -g . v over the box for each gradient."""
        fastest: Vector = np.maximum(-gradients * self._low, -gradients * self._high).sum(axis=1)
        return fastest

    def _little_room(self, left: Vector | float) -> Vector:
        """Return a lower bound of `_room`, for whole arrays."""
        a = self._deceleration
        room: Vector = np.sqrt(2.0 * a * np.maximum(left, 0.0)) - a * self._dt
        return room

    def _room(self, left: float) -> float:
        return braking_speed(left, self._deceleration, self._dt)
