"""What every detector implements: a score per cycle that rises as its failure develops."""

from abc import ABC, abstractmethod

from vla_contract.values import ActionChunk, Image
from vla_rollout.diagnosis.cause import Cause
from vla_rollout.episodes.cycle import Cycle


class Detector(ABC):
    """Scores one cause of failure from what has happened up to now, never from what follows.

    A new detector is one subclass in one file, and one row in `registry.make_detectors` or, in
    another package, an entry point of the group `vla_detectors`.

    Attributes:
        cause: what it finds.
        variants: the same with other roots and advice, as `found` returns them.
        unit: of the score.
        floor: smallest threshold that means anything, whatever healthy episodes look like.
        default: threshold where healthy episodes have taught none; None where it takes them.
        is_learned: whether healthy episodes teach one.
        factor: the threshold is so many times what healthy episodes teach.
        blind_at: a taught score from which on it hardly finds anything.
    """

    cause: Cause
    variants: tuple[Cause, ...] = ()
    unit: str
    floor: float
    default: float | None = None
    is_learned: bool = True
    factor: float = 1.0
    blind_at: float = float('inf')

    @property
    def found(self) -> Cause:
        """The cause with the roots and the advice that belong to what was seen."""
        return self.cause

    @property
    def evidence(self) -> str:
        """What was seen, in a few words that a person can check; '' for the score alone."""
        return ''

    def threshold(self, taught: float | None) -> float | None:
        """Return the threshold, None where it takes healthy episodes and there were none.

        Args:
            taught: score that a healthy episode rarely exceeds, None for not known.
        """
        if self.is_learned and taught is not None:
            return max(self.floor, self.factor * taught)
        return self.default

    @abstractmethod
    def restart(self) -> None:
        """Forget the episode."""

    @abstractmethod
    def see_cycle(self, cycle: Cycle) -> float | None:
        """Return the score of this cycle, at least 0; None where it cannot be measured."""

    def see_chunk(self, chunk: ActionChunk) -> None:  # noqa: B027 - most look at cycles alone
        """Take a chunk that the filter took."""

    def see_refused(self, chunk: ActionChunk) -> None:  # noqa: B027 - most look at cycles alone
        """Take a chunk that the filter refused."""

    def see_frame(self, camera: str, stamp_ns: int, image: Image) -> None:  # noqa: B027 - as above
        """Take an image of a camera, shape (H, W, 3), captured at a time [ns]."""
