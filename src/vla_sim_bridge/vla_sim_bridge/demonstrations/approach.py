"""How an arm comes down on an object: how high it may hover, and how far it has to lean."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from vla_contract.values import Vector
from vla_sim_bridge.demonstrations.grasp import Grasp
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.physics.turning import rotation_matrix, rotation_vector

STEP_M, STEP_RAD = 0.045, 0.25
DOWN = np.diag([1.0, -1.0, -1.0])
"""The rotation of a grasp that points down, x of the grasp along x of the base."""
# Above the object, the highest first; above what the task wants of the lifted object.
_HOVER_M, _LIFT_M = (0.09, 0.06, 0.04), (0.08, 0.05, 0.03)
_LEANS_RAD = np.radians([0.0, 10.0, 20.0, 30.0, 40.0, 50.0])
# A place counts as reached from here on; and so many steps are enough for any within reach.
_NEAR_M, _NEAR_RAD, _MOST_STEPS = 0.004, 0.08, 40
# Objects this near to each other are approached alike, so that little has to be searched.
_GRID_M, _GRID_RAD = 0.01, 0.1


@dataclass(frozen=True, eq=False)
class Approach:
    """Heights of the tool's point above the table, and how the tool leans.

    Attributes:
        grasp_m: at the object [m].
        hover_m: over it [m].
        clear_m: from here on the fingers pass over the object [m].
        lift_m: with it [m].
        R_lean: rotation that tips a tool that points down away from the base, shape (3, 3).
    """

    grasp_m: float
    hover_m: float
    clear_m: float
    lift_m: float
    R_lean: Vector

    @property
    def is_leaning(self) -> bool:
        """Whether the tool does not point down."""
        return bool(self.R_lean[2, 2] < 1.0)


@dataclass(frozen=True)
class Want:
    """What is wanted of an approach.

    Attributes:
        grasp: how the object may be turned.
        grasp_m: height at which it is grasped [m].
        top_m: height of its highest point [m].
        lift_m: how far it is to be lifted at least [m].
    """

    grasp: Grasp
    grasp_m: float
    top_m: float
    lift_m: float


class Approaches:
    """Searches the way to an object: the first of hovering high, lower, and leaning.

    An arm of five joints leans in its own plane, which holds its first axis.
    """

    def __init__(self, kinematics: ArmKinematics) -> None:
        """Prepare for an arm."""
        self._kinematics = kinematics
        self._home_yaw = tool_yaw(kinematics.tool_pose(kinematics.home)[1])
        self._cached = lru_cache(maxsize=1024)(self._search)

    def to(self, xy: Vector, yaw: float | None, place_m: float, want: 'Want') -> Approach:
        """Return the approach to an object.

        Args:
            xy: where it is grasped, base frame, shape (2,) [m].
            yaw: of a tool's x axis that grasps it [rad]; None: any.
            place_m: of that place between the fingers, along y of the grasp [m].
            want: heights, and how it may be turned.
        """
        x, y = (round(float(value) / _GRID_M) for value in xy)
        away = 0.0 if yaw is None else want.grasp.folded(yaw - self._home_yaw)
        return self._cached(x, y, round(away / _GRID_RAD), place_m, want)

    def _search(self, x: int, y: int, turn: int, place_m: float, want: 'Want') -> Approach:
        xy = _GRID_M * np.array([x, y])
        home = self._kinematics.home
        yaw = self._home_yaw + _GRID_RAD * turn
        lifts = [want.grasp_m + want.lift_m + above for above in _LIFT_M]
        for lean in _LEANS_RAD:
            R_lean = self._lean(xy, float(lean))
            rotation = R_lean @ about_z(yaw) @ DOWN

            def reached(arm: Vector, height: float, rotation: Vector = rotation) -> Vector | None:
                place = np.array([*xy, height]) - place_m * rotation[:, 1]
                return self._reach(arm, place, rotation)

            for above in _HOVER_M:
                hovering = reached(home, want.top_m + above)
                grasping = None if hovering is None else reached(hovering, want.grasp_m)
                if grasping is not None:
                    high = (lift for lift in lifts if reached(grasping, lift) is not None)
                    return _approach(want, above, next(high, lifts[-1]), R_lean)
        return _approach(want, _HOVER_M[0], lifts[-1], np.eye(3))

    def _lean(self, xy: Vector, lean: float) -> Vector:
        if lean == 0.0:
            return np.eye(3)
        away = xy - self._kinematics.axis_m
        across = np.array([away[1], -away[0], 0.0]) / max(float(np.linalg.norm(away)), 1e-9)
        return rotation_matrix(lean * across)

    def _reach(self, arm: Vector, position: Vector, rotation: Vector) -> Vector | None:
        """Return joints, shape (n,) [rad], that bring the tool to a pose; None if none do."""
        for _ in range(_MOST_STEPS):
            now, now_rotation = self._kinematics.tool_pose(arm)
            way = position - now
            distance = float(np.linalg.norm(way))
            away = rotation_vector(rotation @ now_rotation.T)
            if distance < _NEAR_M and float(np.linalg.norm(away)) < _NEAR_RAD:
                return arm
            step = way * min(1.0, STEP_M / max(distance, 1e-9))
            arm = self._kinematics.step_towards(
                arm, now + step, turned_towards(now_rotation, rotation)
            )
        return None


def _approach(want: Want, above_m: float, lift_m: float, R_lean: Vector) -> Approach:
    hover_m = want.top_m + above_m
    return Approach(want.grasp_m, hover_m, hover_m - min(0.04, above_m / 2), lift_m, R_lean)


def turned_towards(now: Vector, wanted: Vector) -> Vector:
    """Return a rotation on the way to another, one step from now, shape (3, 3)."""
    turn = rotation_vector(wanted @ now.T)
    turn *= min(1.0, STEP_RAD / max(float(np.linalg.norm(turn)), 1e-9))
    turned: Vector = rotation_matrix(turn) @ now
    return turned


def about_z(yaw: float) -> Vector:
    """Return the rotation about z by an angle [rad], shape (3, 3)."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def tool_yaw(rotation: Vector) -> float:
    """Return the yaw of a tool's x axis [rad]; of a tool that points down it lies level."""
    return float(np.arctan2(rotation[1, 0], rotation[0, 0]))
