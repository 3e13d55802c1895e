"""What every detector implements: a score per cycle that rises as its failure develops."""

from abc import ABC, abstractmethod

from vla_contract.values import ActionChunk
from vla_rollout.diagnosis.taxonomy import Cause
from vla_rollout.episodes.cycle import Cycle


class Detector(ABC):
    """Scores one cause of failure from what has happened up to now, never from what follows.

    A new detector is one subclass in one file, and one row in `registry.make_detectors` or, in
    another package, an entry point of the group `vla_detectors`.

    Attributes:
        cause: what it finds.
        unit: of the score.
        floor: smallest threshold that means anything, whatever healthy episodes look like.
    """

    cause: Cause
    unit: str
    floor: float

    @abstractmethod
    def restart(self) -> None:
        """Forget the episode."""

    @abstractmethod
    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the score of this cycle, at least 0; None where it cannot be measured."""

    def see_chunk(self, chunk: ActionChunk) -> None:  # noqa: B027 - most look at cycles alone
        """Take a chunk that the filter took."""
