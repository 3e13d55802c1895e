"""The last seconds of every topic, kept in memory."""

from collections import deque

from vla_rollout.recording.record import Record


class RingBuffer:
    """Keeps the newest records, bounded in time and in bytes."""

    def __init__(self, span_ns: int, most_bytes: int) -> None:
        """Bound it; the tighter of the two limits counts."""
        self._span_ns, self._most_bytes = span_ns, most_bytes
        self._records: deque[Record] = deque()
        self.bytes = 0

    def add(self, record: Record) -> None:
        """Append a record and drop what is too old or too much."""
        self._records.append(record)
        self.bytes += len(record.data)
        oldest_ns = record.log_ns - self._span_ns
        while self.bytes > self._most_bytes or (
            self._records and self._records[0].log_ns < oldest_ns
        ):
            self.bytes -= len(self._records.popleft().data)

    def records(self) -> list[Record]:
        """Return what is kept, oldest first."""
        return list(self._records)
