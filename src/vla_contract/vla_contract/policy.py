"""The one protocol every policy backend implements: observation in, chunk out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from vla_contract.deployment.deployment import Deployment
from vla_contract.values import ActionChunk, Observation


class Policy(Protocol):
    """Anything that turns an observation into an action chunk.

    Attributes:
        needs_images: whether the observation must carry every camera of the cell.
        needs_extras: names of privileged values the policy reads from `Observation.extras`.
    """

    needs_images: bool
    needs_extras: tuple[str, ...]

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the commanded positions from the observation's time on."""
        ...

    def reset(self) -> None:
        """Forget everything about the running episode."""
        ...


@runtime_checkable
class LookingBackPolicy(Policy, Protocol):
    """A policy that looks at more than the newest observation.

    Attributes:
        earlier_steps: how many of `Observation.earlier` it looks at; 0 for none.
    """

    earlier_steps: int


def earlier_steps(policy: Policy) -> int:
    """Return how many earlier observations a policy looks at; most look at none."""
    return policy.earlier_steps if isinstance(policy, LookingBackPolicy) else 0


@runtime_checkable
class ContinuingPolicy(Policy, Protocol):
    """A policy that can begin a chunk where `Observation.committed` leaves off."""

    def prepare_to_continue(self) -> None:
        """Get ready for observations that carry a committed plan.

        Raises:
            PolicyError: the loaded checkpoint cannot do it.
        """
        ...


@runtime_checkable
class ReportingPolicy(Policy, Protocol):
    """A policy that tells about itself.

    Attributes:
        durations_ns: time the last inference took, by stage [ns].
        notes: what was mapped on loading, and what had to be believed.
    """

    durations_ns: Mapping[str, int]

    @property
    def notes(self) -> Sequence[str]:
        """One sentence each."""
        ...


@runtime_checkable
class BatchPolicy(Policy, Protocol):
    """A policy that remembers nothing between inferences, so that robots can share one."""

    def infer_batch(self, observations: Sequence[Observation]) -> list[ActionChunk]:
        """Return what `infer` returns for each observation, computed together."""
        ...


PolicyFactory = Callable[[Deployment, str], Policy]
"""Builds the policy of a deployment on a torch device; raises PolicyError when it cannot."""
