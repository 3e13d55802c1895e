"""The last seconds of joint states, to be asked for at the stamp of an image."""

from collections import deque
from itertools import pairwise
import threading

from vla_contract.values import JointSample, Vector


class JointHistory:
    """Keeps joint samples in order of their stamps; one thread may offer while another asks."""

    def __init__(self, length_ns: int) -> None:
        """Keep samples for this long [ns]."""
        self._length_ns = length_ns
        self._samples: deque[JointSample] = deque()
        self._lock = threading.Lock()

    def offer(self, sample: JointSample) -> None:
        """Add a sample; time that runs backwards (a restarted clock) empties the history."""
        with self._lock:
            if self._samples and sample.stamp_ns < self._samples[-1].stamp_ns:
                self._samples.clear()
            if self._samples and sample.stamp_ns == self._samples[-1].stamp_ns:
                self._samples.pop()
            self._samples.append(sample)
            while self._samples[0].stamp_ns < sample.stamp_ns - self._length_ns:
                self._samples.popleft()

    def at(self, stamp_ns: int, longest_gap_ns: int) -> Vector | None:
        """Return positions at a time, shape (D,), linear between the samples around it.

        None where the time lies outside the history, or in a gap too long to trust: a pose is
        never extrapolated.
        """
        samples = self._copy()
        if samples and samples[-1].stamp_ns == stamp_ns:
            return samples[-1].position
        for before, after in pairwise(samples):
            if before.stamp_ns <= stamp_ns < after.stamp_ns:
                gap_ns = after.stamp_ns - before.stamp_ns
                if gap_ns > longest_gap_ns:
                    return None
                share = (stamp_ns - before.stamp_ns) / gap_ns
                position: Vector = before.position + share * (after.position - before.position)
                return position
        return None

    def between(self, start_ns: int, end_ns: int) -> list[JointSample]:
        """Return the samples of an interval, both ends included."""
        return [s for s in self._copy() if start_ns <= s.stamp_ns <= end_ns]

    def covers(self, start_ns: int) -> bool:
        """Whether the history reaches back to a time."""
        with self._lock:
            return bool(self._samples) and self._samples[0].stamp_ns <= start_ns

    def _copy(self) -> list[JointSample]:
        with self._lock:
            return list(self._samples)
