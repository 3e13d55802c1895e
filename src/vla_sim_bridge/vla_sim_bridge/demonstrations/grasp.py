"""How fingers take an object from above: how wide it is, where, and turned how."""

from dataclasses import dataclass

import numpy as np
from vla_contract import so3
from vla_contract.errors import SettingError
from vla_contract.transforms import xyzw_from_wxyz
from vla_contract.values import Vector
from vla_sim_bridge.scene.object_settings import (
    BOX,
    CAPSULE,
    CYLINDER,
    GraspConfig,
    ObjectConfig,
    SPHERE,
)

_ROUND = (CYLINDER, CAPSULE, SPHERE)
_QUARTERS = 4
_TWISTED_RAD = 1.75


@dataclass(frozen=True)
class Grasp:
    """How to take one kind of object.

    Attributes:
        width_m: of what is between the fingers [m].
        centre_m: where they close, the object's frame, (3,) [m].
        yaw_rad: turn about the object's z of the y axis along which they close [rad].
        turns: in how many directions, evenly around z, it is taken alike; 0: in any.
        any_face: whether it may lie on any of its faces, as a cube may.
    """

    width_m: float
    centre_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    yaw_rad: float = 0.0
    turns: int = 1
    any_face: bool = False

    @classmethod
    def of(cls, name: str, config: ObjectConfig) -> 'Grasp':
        """Return the grasp of an object; plain shapes say themselves how they are taken.

        Raises:
            SettingError: the object does not say it.
        """
        if config.grasp is not None:
            return cls._declared(config.grasp)
        if config.shape == BOX:
            x, y, _ = config.size_m
            if x == y:
                return cls(x, turns=_QUARTERS, any_face=len(set(config.size_m)) == 1)
            return cls(min(x, y), yaw_rad=np.pi / 2 if x < y else 0.0, turns=2)
        if config.shape in _ROUND:
            return cls(config.size_m[0], turns=0)
        raise SettingError(
            'task', f'simulation.objects.{name}.grasp', 'nothing', f'how a {config.shape} is taken'
        )

    @classmethod
    def _declared(cls, said: GraspConfig) -> 'Grasp':
        return cls(said.width_m, said.centre_m, float(np.radians(said.yaw_deg)), said.turns)

    def place(self, pose: Vector) -> Vector:
        """Return where the fingers close for a pose of position and wxyz, base frame, (3,) [m]."""
        position = np.array(pose[:3])
        if any(self.centre_m):
            rotation = so3.Rotation.from_quat(xyzw_from_wxyz(pose[3:])).as_matrix()
            position += rotation @ np.array(self.centre_m)
        return position

    def yaw(self, pose: Vector) -> float | None:
        """Return how a tool's x axis is turned that takes the object [rad]; None: anyhow."""
        if not self.turns:
            return None
        rotation = so3.Rotation.from_quat(xyzw_from_wxyz(pose[3:])).as_matrix()
        side = 0
        if self.any_face:
            upright = int(np.argmax(np.abs(rotation[2])))
            side = (upright + 1) % 3
        edge = rotation[:, side]
        return float(np.arctan2(edge[1], edge[0])) + self.yaw_rad

    def turn(self, now: float, wanted: float, home: float) -> float:
        """Return the turn that brings a tool from one yaw to a wanted one [rad].

        It is the shortest one, unless that would twist the wrist far away from its yaw at home.
        """
        turn = self.folded(wanted - now)
        away = float(np.angle(np.exp(1j * (now + turn - home))))
        if self.turns > 1 and abs(away) > _TWISTED_RAD:
            turn -= float(np.copysign(2 * np.pi / self.turns, away))
        return turn

    def folded(self, angle: float) -> float:
        """Fold an angle [rad] to the nearest of the turns in which it is taken alike."""
        if not self.turns:
            return 0.0
        period = 2 * np.pi / self.turns
        return float((angle + period / 2) % period - period / 2)
