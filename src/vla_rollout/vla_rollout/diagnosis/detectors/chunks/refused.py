"""Frozen because the filter does not take what the policy wants."""

from collections import deque

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import ReasonCode, Verdict
from vla_contract.values import ActionChunk, NS_PER_S, to_ns, Vector
from vla_rollout.diagnosis.cause import Cause
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.joint_changes import explaining_change_of_arm
from vla_rollout.diagnosis.taxonomy import REFUSED, REFUSED_CLOCK, REFUSED_SHAPE
from vla_rollout.episodes.cycle import Cycle

_WINDOW_NS = to_ns(2.0)
# At rest cycles are told of ten times a second. Longer without one, nobody knows what happened.
_GAP_NS = to_ns(0.3)
# How the sentences of the filter begin, behind 'chunk refused, '; all others are of the shape.
_OF_A_SENTENCE = {
    'jump': REFUSED,
    'chunk is from the future': REFUSED_CLOCK,
    'chunk is older': REFUSED_CLOCK,
}


class Refused(Detector):
    """Seconds of the last two in which the filter held because it refused chunks."""

    cause = REFUSED
    variants = (REFUSED_CLOCK, REFUSED_SHAPE)
    unit = 's'
    floor = 0.5
    default = 0.5
    is_learned = False

    def __init__(self, cell: Cell) -> None:
        """Prepare for a robot."""
        self._arm = np.array(cell.arm)
        self._explain = explaining_change_of_arm(cell)
        self.restart()

    def restart(self) -> None:
        """Forget the episode."""
        self._held: deque[tuple[int, int]] = deque()
        self._last_ns: int | None = None
        self._sentence, self._change = '', ''
        self._here: Vector | None = None

    @property
    def evidence(self) -> str:
        """What the filter said, and what would explain a jump."""
        if not self._change:
            return self._sentence
        return f'{self._sentence}; it looks like {self._change}'

    def see_refused(self, chunk: ActionChunk) -> None:
        """Ask whether a chunk would begin where the arm is, but for one mistake."""
        first = np.asarray(chunk.positions, dtype=np.float64)
        if self._here is None or first.ndim != 2 or first.shape[1] <= self._arm.max():
            return
        self._change = self._explain(first[0, self._arm], self._here[None])

    @property
    def found(self) -> Cause:
        """The cause that belongs to what the filter said."""
        refusal = self._sentence.partition(', ')[2]
        known = (cause for text, cause in _OF_A_SENTENCE.items() if refusal.startswith(text))
        return next(known, REFUSED_SHAPE)

    def see_cycle(self, cycle: Cycle) -> float:
        """Return how long the filter has held for it lately [s]."""
        elapsed_ns = 0 if self._last_ns is None else cycle.now_ns - self._last_ns
        self._last_ns = cycle.now_ns
        self._here = cycle.joints.position[self._arm]
        if cycle.verdict is Verdict.HOLD and cycle.reason.code is ReasonCode.CHUNK_REFUSED:
            self._sentence = str(cycle.reason)
            if elapsed_ns <= _GAP_NS:
                self._held.append((cycle.now_ns, elapsed_ns))
        while self._held and cycle.now_ns - self._held[0][0] > _WINDOW_NS:
            self._held.popleft()
        return sum(held_ns for _, held_ns in self._held) / NS_PER_S
