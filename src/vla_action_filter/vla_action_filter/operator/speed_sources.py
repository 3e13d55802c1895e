"""Who sets the speed: anybody lowers it, the supervisor alone raises it, and must go on to say so.

Nodes are known by the names that they give themselves; only SROS 2 keeps others from taking one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import time

OWNER = 'supervisor'
"""Name of the node that may go beyond the first speed."""
# It says its word five times a second; a loaded machine delays a process by some of these.
_SILENT_S = 1.0


@dataclass(frozen=True)
class _Word:
    """What a publisher said last: a share from 0 to 1, and whether it is the owner's."""

    scale: float
    is_owners: bool


class SpeedSources:
    """Keeps what every publisher of speed_scale said last; the slowest of them counts.

    Without a word of the owner nobody goes beyond the first speed. Once heard, the owner must go
    on to be heard: without it nobody can lock the arm, so it stands still.

    Only another word raises the speed, never a publisher that leaves or repeats itself: who asked
    for slow motion may have died of what it was afraid of.
    """

    def __init__(self, first_scale: float, now_s: Callable[[], float] = time.monotonic) -> None:
        """Begin with a share of the velocity limits, in use until somebody says another.

        Args:
            first_scale: share from 0 to 1.
            now_s: clock of the machine [s]: the owner speaks in real time.
        """
        self._first, self._level = first_scale, first_scale
        self._now_s = now_s
        self._owner_heard_s: float | None = None
        self._words: dict[bytes, _Word] = {}
        self._there: dict[bytes, str] = {}

    def see_publishers(self, publishers: Mapping[bytes, str]) -> None:
        """Take who publishes now, each with the name of its node."""
        gone = set(self._there) - set(publishers)
        self._there = dict(publishers)
        self._words = {who: word for who, word in self._words.items() if who not in gone}

    def hear(self, publisher: bytes, scale: float) -> None:
        """Take what a publisher says, a share from 0 to 1."""
        before = self._words.get(publisher)
        if publisher not in self._there and len(self._there) <= 1:
            # Not to be told apart by the graph, but alone now: the others are gone.
            self._words.clear()
        is_owners = self._node_of(publisher) == OWNER
        self._words[publisher] = _Word(scale, is_owners)
        if is_owners:
            self._owner_heard_s = self._now_s()
        slowest = self._slowest()
        if before is None or before.scale != scale or slowest < self._level:
            self._level = slowest

    @property
    def scale(self) -> float:
        """Share of the velocity limits in use."""
        return 0.0 if self._is_owner_lost else self._level

    @property
    def conflict(self) -> str:
        """What to tell when the speed is not what somebody said, '' when it is."""
        if self._is_owner_lost:
            return (
                f'{OWNER} is not heard any more: the arm stands still; start it again and call '
                f'{OWNER}/release'
            )
        count, names = len(self._there), ', '.join(sorted(self._there.values()))
        rule = f'the slowest counts, and {OWNER} alone goes beyond {self._first:g}'
        if count > 1:
            return f'speed_scale has {count} publishers ({names}): {rule}'
        if any(word.scale > self._first and not word.is_owners for word in self._words.values()):
            return f'speed_scale is published by {names or "nobody that is there"}: {rule}'
        return ''

    @property
    def _is_owner_lost(self) -> bool:
        heard_s = self._owner_heard_s
        return heard_s is not None and self._now_s() - heard_s > _SILENT_S

    def _node_of(self, publisher: bytes) -> str:
        if publisher not in self._there and len(self._there) == 1:
            return next(iter(self._there.values()))
        return self._there.get(publisher, '')

    def _slowest(self) -> float:
        scales = [word.scale for word in self._words.values()]
        # Below the first speed anybody may go; beyond it, as far as the owner says.
        if not any(word.is_owners for word in self._words.values()):
            scales.append(self._first)
        return min(scales)
