"""A home: the gripper above the table in front of the base, looking down, far from limits."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from vla_contract.values import Vector
from vla_sim_bridge.drafting.hands.arms import Arm
from vla_sim_bridge.drafting.hands.tool_frame import axis_of, place_of, ToolFrame
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree
from vla_sim_bridge.drafting.kinematics.posture import Posture
from vla_sim_bridge.drafting.reach import flat_part, Reach
from vla_sim_bridge.drafting.shape.clearance import Clearance

_DOWN = np.array([0.0, 0.0, -1.0])
# Shares of the reach: how far in front, how high above the table; nearer ones are tried first.
_FRONT = (0.5, 0.6, 0.4, 0.7, 0.3)
_HEIGHT = (0.2, 0.3, 0.12, 0.4, 0.55)
_STARTS, _LIKELY = 4, 6
_SAMPLES = 1500
# Kept from either end of a joint's range, as a share of it.
_FROM_ENDS = 0.05
# Costs below this are those of joints that are not in the middle of their ranges.
_GOOD = 0.4
# What an arm may miss by and still count as there: a centimetre, five degrees.
_MISS_M, _MISS_RAD = 0.01, 0.09


@dataclass(frozen=True)
class Home:
    """Where an arm rests.

    Attributes:
        joints: position of each of its joints, shape (n,) [rad or m].
        looks_down_deg: angle between its tool and straight down [deg].
        gap_m: smallest distance between links, and to the table [m].
    """

    joints: Vector
    looks_down_deg: float
    gap_m: float


class HomeSearch:
    """Looks for the home of one arm; the others stay where they are."""

    def __init__(
        self, tree: JointTree, arm: Arm, tool: ToolFrame, posture: Posture,
        limits: Mapping[int, tuple[float, float]],
    ) -> None:  # fmt: skip
        """Keep the arm and the part of its range in which home may be."""
        self._arm, self._tool, self._posture = list(arm.joints), tool, posture
        ranges = np.array([limits[joint] for joint in self._arm])
        # One turn is as good as the next.
        turns = np.ptp(ranges, axis=1) > 6.5
        ranges[turns] = np.clip(ranges[turns], -np.pi, np.pi)
        inset = _FROM_ENDS * np.ptp(ranges, axis=1)
        self._low, self._high = ranges[:, 0] + inset, ranges[:, 1] - inset
        self._approach = axis_of(tool, tool.approach)
        self.reach = self._reach()
        # Shapes that touch in the middle of the range are built so.
        self._place((self._low + self._high) / 2)
        self._built = posture.touching()

    def find(
        self,
        clearance: Clearance,
        towards: Vector | None = None,
        like: Vector | None = None,
    ) -> Home:
        """Return the best home.

        Args:
            clearance: tells whether links and table are far enough from each other.
            towards: a point that the arm is to work at, shape (3,) [m]; None lets its range say.
            like: joints to take where they are good enough, shape (n,) [rad or m].
        """
        if like is not None and (like >= self._low).all() and (like <= self._high).all():
            self._place(like)
            home, cost = self._judged(like, place_of(self._posture, self._tool)[0], clearance)
            if cost < 2.0 * _GOOD:
                return home
        reach = self.reach
        front, room = reach.front, reach.length
        if towards is not None:
            away = flat_part(towards - reach.base)
            # Half of the room is 0.65 of the way to what two arms share.
            room = min(room, 1.3 * float(np.linalg.norm(away)))
            front = away / np.linalg.norm(away)
        best, least = None, np.inf
        for number, target in enumerate(self._targets(front, room)):
            for joints in self._solutions(target):
                home, cost = self._judged(joints, target, clearance)
                if cost < least:
                    best, least = home, cost
            # Short arms cannot have everything: then the best of the likelier places does.
            if least < (_GOOD if number < _LIKELY else 2.0 * _GOOD):
                break
        assert best is not None
        self._place(best.joints)
        return best

    def _targets(self, front: Vector, room: float) -> list[Vector]:
        """Return places for the tool, those that suit most arms first, shape (3,) each [m]."""
        base, length = self.reach.base, self.reach.length
        wanted = sorted(
            ((f, h) for f in _FRONT for h in _HEIGHT),
            key=lambda fh: abs(fh[0] - 0.5) + 1.5 * abs(fh[1] - 0.2),
        )
        # A table in front of a torso may be far below the shoulder.
        lowest = max(0.0, base[2] - 0.8 * length)
        flat = base * [1.0, 1.0, 0.0]
        return [flat + room * f * front + [0, 0, lowest + h * length] for f, h in wanted]

    def _solutions(self, target: Vector) -> list[Vector]:
        """Return joints that bring the tool there, from several beginnings."""
        rng = np.random.default_rng(0)
        middle = (self._low + self._high) / 2
        starts = [middle + 1e-3] + [rng.uniform(self._low, self._high) for _ in range(_STARTS - 1)]
        solved = [
            least_squares(
                self._error,
                start,
                self._slope,
                bounds=(self._low, self._high),
                args=(target,),
                max_nfev=60,
            )
            for start in starts
        ]
        return [result.x for result in solved]

    def _error(self, joints: Vector, target: Vector) -> Vector:
        self._place(joints)
        position, rotation = place_of(self._posture, self._tool)
        centred = (2 * joints - self._low - self._high) / (self._high - self._low)
        # 1 cm weighs as 6 degrees, or as a joint at a tenth of the way to its end.
        place = 10.0 * (position - target) / max(self.reach.length, 0.2)
        return np.concatenate([place, rotation @ self._approach - _DOWN, 0.05 * centred])

    def _slope(self, joints: Vector, target: Vector) -> Vector:
        """Return the derivative of the error; a direction fixed to a link turns by w x d."""
        self._place(joints)
        position, rotation = place_of(self._posture, self._tool)
        moves, turns = self._posture.jacobian(self._tool.carrier, position, self._arm)
        direction = np.cross(turns, rotation @ self._approach, axis=0)
        centred = np.diag(0.1 / (self._high - self._low))
        return np.vstack([10.0 * moves / max(self.reach.length, 0.2), direction, centred])

    def _judged(self, joints: Vector, target: Vector, clearance: Clearance) -> tuple[Home, float]:
        """Return a home and how bad it is; below `_GOOD` all that is asked of it holds."""
        self._place(joints)
        position, rotation = place_of(self._posture, self._tool)
        tilt = float(np.arccos(np.clip(rotation @ self._approach @ _DOWN, -1.0, 1.0)))
        gap = clearance.gap()
        share = np.abs(2 * joints - self._low - self._high) / (self._high - self._low)
        miss = float(np.linalg.norm(position - target))
        cost = 0.3 * float(np.mean(share**2)) + max(tilt - _MISS_RAD, 0.0) * 10.0
        cost += max(miss - _MISS_M, 0.0) * 5.0
        cost += 10.0 * bool(self._posture.touching() - self._built)
        cost += 10.0 + 100.0 * (clearance.least - gap) if gap < clearance.least else 0.0
        return Home(joints, float(np.rad2deg(tilt)), gap), cost

    def _place(self, joints: Vector) -> None:
        self._posture.move(self._arm, joints)

    def _reach(self) -> Reach:
        """Sample the range: how far the tool gets, and to which side on the whole."""
        rng = np.random.default_rng(1)
        middle = (self._low + self._high) / 2
        self._place(middle)
        base = self._posture.anchor(self._arm[0])
        places = []
        for _ in range(_SAMPLES):
            self._place(rng.uniform(self._low, self._high))
            places.append(place_of(self._posture, self._tool)[0] - base)
        away = np.array(places)
        length = float(np.linalg.norm(away, axis=1).max())
        mean = flat_part(away.mean(axis=0))
        return Reach(base, length, mean)
