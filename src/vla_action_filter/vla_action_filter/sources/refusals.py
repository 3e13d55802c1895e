"""Chunks that could not be used, and when that is a reason to hold."""

from vla_contract.filter_status import NO_REASON, Reason, ReasonCode


class Refusals:
    """Counts refused chunks in a row.

    Attributes:
        reason: why the arm must hold because of them, empty for no reason.
    """

    def __init__(self, most: int) -> None:
        """Hold after a jump, or after `most` chunks in a row."""
        self._most = most
        self.accept()

    def accept(self) -> None:
        """Take note of a chunk that can be used."""
        self.reason, self._in_a_row = NO_REASON, 0

    def refuse(self, reason: str, is_jump: bool) -> bool:
        """Take note of a chunk that cannot; return whether that is a reason to hold."""
        self._in_a_row += 1
        is_enough = is_jump or self._in_a_row >= self._most
        if is_enough:
            self.reason = Reason(f'chunk refused, {reason}', ReasonCode.CHUNK_REFUSED)
        return is_enough
