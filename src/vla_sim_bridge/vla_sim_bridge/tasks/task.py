"""The protocol of a task: what lies where, what is said, and when the episode is over."""

from typing import Any, Protocol

from numpy import float64
from numpy.typing import NDArray
from vla_sim_bridge.tasks.lifted_cube import LiftedCube

Start = dict[str, dict[str, Any]]
"""Name of a sampled value to {'value': ..., 'unit': ...}: what a manifest keeps of a start."""


class Task(Protocol):
    """One episode after another of the same task.

    Attributes:
        cubes: every object of the task.
        target: the object that the instruction means.
        instruction: what the policy is told in this episode.
    """

    cubes: tuple[LiftedCube, ...]
    target: LiftedCube
    instruction: str

    def scene(self, seed: int) -> int:
        """Return the seed of all that is seen at the beginning, the arm's pose included."""
        ...

    def sample(self, seed: int) -> Start:
        """Draw how an episode begins; the same seed gives the same."""
        ...

    def begin(self, start: Start) -> None:
        """Take over what was sampled, before the objects are laid where it says."""
        ...

    def watch(self, qpos: NDArray[float64]) -> None:
        """See the state after one physics step; this is called thousands of times a second."""
        ...

    @property
    def success(self) -> bool:
        """Whether the task is done."""
        ...

    @property
    def failure(self) -> str:
        """Why the task can no longer be done, as a termination; '' while it can."""
        ...
