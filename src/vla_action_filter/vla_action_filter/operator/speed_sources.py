"""Who sets the speed: the slowest of all that publish a speed_scale counts."""

from collections.abc import Mapping


class SpeedSources:
    """Keeps what every publisher of speed_scale said last.

    Only a word raises the speed, never a publisher that leaves: who asked for slow motion may have
    died of what it was afraid of.
    """

    def __init__(self, first_scale: float) -> None:
        """Begin with a share of the velocity limits, in use until somebody says another."""
        self.scale = first_scale
        self._words: dict[bytes, float] = {}
        self._there: dict[bytes, str] = {}

    def see_publishers(self, publishers: Mapping[bytes, str]) -> None:
        """Take who publishes now, each with the name of its node."""
        gone = set(self._there) - set(publishers)
        self._there = dict(publishers)
        self._words = {who: scale for who, scale in self._words.items() if who not in gone}

    def hear(self, publisher: bytes, scale: float) -> None:
        """Take what a publisher says, a share from 0 to 1."""
        if publisher not in self._there and len(self._there) <= 1:
            # Not to be told apart by the graph, but alone now: the others are gone.
            self._words.clear()
        self._words[publisher] = scale
        self.scale = min(self._words.values())

    @property
    def conflict(self) -> str:
        """What to tell when several publish, '' when it is one."""
        count = len(self._there)
        return f'speed_scale has {count} publishers' if count > 1 else ''
