"""What can be said of objects: lifted, inside, on, upright, at a place, opened, held, fallen.

Objects go by their name; `target` is the one that the instruction means, and `others` are those
that it could have meant, of which any counts.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy import float64
from numpy.typing import NDArray
from vla_contract.deployment.geometry import Triple
from vla_contract.errors import ContractError, UnknownNameError
from vla_contract.schema import setting
from vla_contract.values import Vector
from vla_sim_bridge.scene.robot_spec import ROBOT
from vla_sim_bridge.tasks.condition import named, Objects
from vla_sim_bridge.tasks.contact import HeldBy, touch, Touched
from vla_sim_bridge.tasks.poses import in_frame

_NEAR_TABLE_M = 0.05


@dataclass
class Lifted:
    """An object is so far above where it began."""

    object: str = setting(doc='which object')
    by_m: float = setting(doc='least height of its origin above its rest', unit='m', lower=0.0)

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Take over where the objects rest."""
        self._heights = [
            (thing.height_address, thing.rest_m + self.by_m)
            for thing in named(task, self.object)
            if thing.height_address >= 0
        ]

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Compare heights."""
        return any(qpos[address] >= lifted_m for address, lifted_m in self._heights)


@dataclass
class Fallen:
    """An object is below the table's top: it was dropped off the table."""

    object: str = setting(doc='which object')
    by_m: float = setting(
        _NEAR_TABLE_M, doc='how far its origin is below the top', unit='m', lower=0.0
    )

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Take over where the table is."""
        self._heights = [
            (thing.height_address, thing.table_m - self.by_m)
            for thing in named(task, self.object)
            if thing.height_address >= 0
        ]

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Compare heights."""
        return any(qpos[address] < fallen_m for address, fallen_m in self._heights)


@dataclass
class Inside:
    """The origin of an object is in the room inside another."""

    object: str = setting(doc='which object')
    container: str = setting(doc='object with an inside')

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Find both.

        Raises:
            ContractError: the container has no inside.
        """
        self._things = named(task, self.object)
        (self._container,) = named(task, self.container)
        inner = self._container.inner
        if inner is None:
            raise ContractError(f'object {self.container}: inner: found none; inside needs one')
        self._inner = inner

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Compare places in the frame of the container."""
        container, inner = self._container, self._inner
        pose = container.frame_pose(inner.frame, data) if inner.frame else container.pose(data)
        for thing in self._things:
            place = in_frame(thing.pose(data)[:3], pose)
            if (np.abs(place - inner.centre_m) <= np.array(inner.size_m) / 2).all():
                return True
        return False


@dataclass
class StandsOn:
    """An object stands on another: above it, over it, and touching it."""

    object: str = setting(doc='which object')
    support: str = setting(doc='what it stands on')

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Find both, and how large the support is."""
        self._things = named(task, self.object)
        (self._support,) = named(task, self.support)
        self._half = self._support.half_m

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Compare places, and look for contacts where these fit."""
        below = self._support.pose(data)
        for thing in self._things:
            pose = thing.pose(data)
            is_over = (np.abs(in_frame(pose[:3], below)[:2]) <= self._half).all()
            if is_over and pose[2] > below[2] and touch(data, thing.geoms, self._support.geoms):
                return True
        return False


@dataclass
class Upright:
    """The z axis of an object points up."""

    object: str = setting(doc='which object')
    within_deg: float = setting(
        10.0, doc='how far it may lean', unit='deg', lower=0.0, upper=180.0
    )

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Find the object."""
        self._things = named(task, self.object)
        self._least = float(np.cos(np.radians(self.within_deg)))

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Compare its z axis with the vertical."""
        return any(data.xmat[thing.body][8] >= self._least for thing in self._things)


@dataclass
class At:
    """The origin of an object is near a place, and it is turned as it should be."""

    object: str = setting(doc='which object')
    position_m: Triple = setting(doc='place in the base frame', unit='m')
    within_m: float = setting(doc='how far it may be off', unit='m', lower=1e-4, upper=5.0)
    yaw_deg: float | None = setting(None, doc='turn about z; none: any', unit='deg')
    within_deg: float = setting(15.0, doc='how far that may be off', unit='deg', lower=0.0)

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Find the object."""
        self._things = named(task, self.object)

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Compare places and turns."""
        return any(self._is_there(thing.pose(data)) for thing in self._things)

    def _is_there(self, pose: Vector) -> bool:
        if np.linalg.norm(pose[:3] - self.position_m) > self.within_m:
            return False
        if self.yaw_deg is None:
            return True
        w, x, y, z = pose[3:]
        yaw = np.degrees(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))
        return bool(abs((yaw - self.yaw_deg + 180.0) % 360.0 - 180.0) <= self.within_deg)


@dataclass
class Moved:
    """A joint of an object has moved so far: a drawer is opened, a button pressed."""

    joint: str = setting(doc='OBJECT/JOINT')
    by: float = setting(doc='least way from where it began', unit='rad or m', lower=0.0)

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Take over where the joint begins.

        Raises:
            UnknownNameError: there is no such joint.
        """
        model = task.model
        names = [model.joint(k).name for k in range(model.njnt)]
        if self.joint not in names:
            known = [name for name in names if '/' in name and not name.startswith(ROBOT)]
            raise UnknownNameError('joint', self.joint, 'the objects of this task', known)
        self._address = int(model.joint(self.joint).qposadr[0])
        self._from = float(data.qpos[self._address])

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Compare its place with where it began."""
        return bool(abs(qpos[self._address] - self._from) >= self.by)


CONDITIONS = {
    'lifted': Lifted,
    'fallen': Fallen,
    'inside': Inside,
    'stands_on': StandsOn,
    'upright': Upright,
    'at': At,
    'opened': Moved,
    'pressed': Moved,
    'touched': Touched,
    'held': HeldBy,
}
