"""The protocol of a condition, and what of a task it sees."""

from collections.abc import Mapping
from typing import Protocol

import mujoco
from numpy import float64
from numpy.typing import NDArray
from vla_contract.errors import UnknownNameError
from vla_sim_bridge.scene.fingers import FingersOf
from vla_sim_bridge.scene.simulated_task import OTHERS, TARGET
from vla_sim_bridge.tasks.scene_object import SceneObject


class Objects(Protocol):
    """The objects of a task in its compiled model."""

    @property
    def model(self) -> mujoco.MjModel:
        """The compiled world."""
        ...

    @property
    def objects(self) -> Mapping[str, SceneObject]:
        """Every object by name."""
        ...

    @property
    def fingers(self) -> FingersOf:
        """The geoms of the fingers of each tool of the robot."""
        ...

    def named(self, name: str) -> tuple[SceneObject, ...]:
        """Return the objects of a name: one, `target`, or all `others`.

        Raises:
            KeyError: there is no such object.
        """
        ...


class Condition(Protocol):
    """Something that is so or not after every physics step."""

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Take over an episode: objects have their places, and one of them is meant.

        Raises:
            ContractError: an object or a joint that is named does not exist.
        """
        ...

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Say whether it is so now; it is called once after every step.

        Args:
            qpos: `data.qpos`, which costs time to ask for.
            data: state of the world; what it derives from qpos is one step older.
        """
        ...


def named(task: Objects, name: str) -> tuple[SceneObject, ...]:
    """Return the objects of a name, as `Objects.named`.

    Raises:
        UnknownNameError: there is no such object.
    """
    try:
        return task.named(name)
    except KeyError:
        known = (*task.objects, TARGET, OTHERS)
        raise UnknownNameError('object', name, 'this task', known) from None
