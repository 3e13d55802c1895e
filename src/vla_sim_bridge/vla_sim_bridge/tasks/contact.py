"""What touches an object: the robot, or the fingers of one of its tools and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy import float64
from numpy.typing import NDArray
from vla_contract.errors import UnknownNameError
from vla_contract.schema import setting
from vla_sim_bridge.scene.robot_spec import ROBOT
from vla_sim_bridge.tasks.condition import named, Objects


@dataclass
class Touched:
    """The robot touches an object, or the fingers of one of its tools do."""

    object: str = setting(doc='which object')
    by: str = setting('', doc='tool whose fingers count; none: the whole robot')

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Find the object and the robot.

        Raises:
            UnknownNameError: there is no such object or no such tool.
        """
        model = task.model
        self._geoms = [geom for thing in named(task, self.object) for geom in thing.geoms]
        if self.by:
            self._robot = _fingers(task, self.by)
            return
        bodies = [k for k in range(model.nbody) if model.body(k).name.startswith(ROBOT)]
        self._robot = np.flatnonzero(np.isin(model.geom_bodyid, bodies))

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Look for contacts between them."""
        return touch(data, self._geoms, self._robot)


@dataclass
class HeldBy:
    """The fingers of a tool touch an object, and nothing else does: they alone carry it."""

    object: str = setting(doc='which object')
    by: str = setting(doc='tool whose fingers hold it')

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Find the object and the fingers.

        Raises:
            UnknownNameError: there is no such object or no such tool.
        """
        self._things = [list(thing.geoms) for thing in named(task, self.object)]
        self._fingers = _fingers(task, self.by)

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Look at all that touches the object."""
        pairs = data.contact.geom
        for geoms in self._things:
            is_own = np.isin(pairs, geoms)
            others = pairs[:, ::-1][is_own & ~is_own[:, ::-1]]
            if len(others) and np.isin(others, self._fingers).all():
                return True
        return False


def touch(data: mujoco.MjData, some: Iterable[int], others: Iterable[int]) -> bool:
    """Return whether any geom of one kind is in contact with any of another."""
    pairs = data.contact.geom
    if not len(pairs):
        return False
    is_some, is_other = (np.isin(pairs, list(geoms)) for geoms in (some, others))
    return bool((is_some & is_other[:, ::-1]).any())


def _fingers(task: Objects, tool: str) -> NDArray[np.int_]:
    if tool not in task.fingers:
        raise UnknownNameError('tool', tool, 'the robot of this cell', task.fingers)
    return np.array(task.fingers[tool], dtype=int)
